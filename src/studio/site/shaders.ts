import type { ShaderSource } from '../../gpu/shader.js';

/** The shaders as a part of the site's script, fetched together on first use. */
export const bundledShaders: ShaderSource = async name => {
  const { shaderTexts } = await import('./shader_texts.js');
  const text = shaderTexts[`../../../shaders/${name}.wgsl`];
  if (text === undefined) throw new Error(`there is no shader ${name}.wgsl`);
  return text;
};
