export function NumberView() {
  return <h1>Number</h1>;
}
