export function LearnedView() {
  return <h1>Learned</h1>;
}
