export function ShaderView() {
  return <h1>Shader</h1>;
}
