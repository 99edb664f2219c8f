const files = import.meta.glob<string>('../../../shaders/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** All shaders' texts by their names. */
export const shaderTexts = Object.fromEntries(
  Object.entries(files).map(([path, text]) => [/(\w+(?:\.\w+)*)\.wgsl$/.exec(path)![1]!, text]),
);
