/** All shaders by their paths from this file. */
export const shaderTexts = import.meta.glob<string>('../../../shaders/*.wgsl', { query: '?raw', import: 'default', eager: true });
