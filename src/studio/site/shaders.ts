import type { ShaderSource } from '../../gpu/shader.js';

/** Texts of all shaders by their names: what a page gives its workers, so that it is loaded once. */
export type ShaderTexts = Readonly<Record<string, string>>;

/** The shaders as a part of the site's script. */
export const bundledShaders = async (): Promise<ShaderTexts> => (await import('./shader_texts.js')).shaderTexts;

/** Gives the shaders by their texts. */
export function shadersOf(texts: ShaderTexts): ShaderSource {
  return async name => {
    const text = texts[name];
    if (text === undefined) throw new Error(`there is no shader ${name}.wgsl`);
    return text;
  };
}
