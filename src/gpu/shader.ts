/** How a shader sees a buffer. */
export type Access = 'read' | 'read_write' | 'uniform';

export interface Binding {
  readonly name: string;
  readonly index: number;
  readonly access: Access;
}

export interface Field {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** A WGSL file and what the engine needs to know of it. */
export interface Shader {
  readonly name: string;
  readonly source: string;
  /** Storage and uniform buffers except the Params. */
  readonly bindings: readonly Binding[];
  /** Fields of `struct Params`, and where it is bound; none where the shader takes no Params. */
  readonly params: { readonly index: number; readonly fields: readonly Field[] } | undefined;
  /** Types of the `const NAME: type = value;` lines, by name. */
  readonly constants: ReadonlyMap<string, string>;
}

/** Gives the text of shaders/<name>.wgsl: from files in Node, from the server or the bundle in a browser. */
export type ShaderSource = (name: string) => Promise<string>;

const CONSTANT = /^const (\w+): (\w+) = [^;]+;/gm;
const BINDING = /@group\(0\) @binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+): ([^;]+);/g;
const PARAMS = /struct Params \{([^}]*)\}/;
const SUBGROUPS = /^enable subgroups;/m;
const FIELD = /(\w+): (\w+)/g;

function accessOf(space: string): Access {
  if (space === 'uniform') return 'uniform';
  return space === 'storage, read' ? 'read' : 'read_write';
}

/** Reads a shader's declarations. They are written in one fixed form, so no WGSL parser is needed. */
export function parseShader(name: string, source: string): Shader {
  const code = source.replace(/\/\/.*$/gm, '');
  const constants = new Map([...code.matchAll(CONSTANT)].map(match => [match[1]!, match[2]!]));
  const bindings: Binding[] = [];
  let params: Shader['params'];
  for (const [, index, space, variable, type] of code.matchAll(BINDING)) {
    if (type!.trim() !== 'Params') {
      bindings.push({ name: variable!, index: Number(index), access: accessOf(space!) });
      continue;
    }
    const body = PARAMS.exec(code)?.[1] ?? '';
    const fields = [...body.matchAll(FIELD)].map(([, field, fieldType]) => {
      if (fieldType !== 'u32' && fieldType !== 'i32' && fieldType !== 'f32') {
        throw new Error(`shaders/${name}.wgsl: Params.${field} is ${fieldType}; only u32, i32 and f32 are laid out`);
      }
      return { name: field!, type: fieldType } as const;
    });
    params = { index: Number(index), fields };
  }
  return { name, source, bindings, params, constants };
}

function literal(value: number, type: string): string {
  if (type === 'f32') return Number.isInteger(value) ? `${value}.0` : `${value}`;
  return type === 'u32' ? `${value}u` : `${value}`;
}

/**
 * The shader's text with the values of some `const NAME: type = value;` lines replaced and, where it uses subgroups, their size asked for, if that is not 0;
 * that is all that ever changes in it.
 */
export function specialize(shader: Shader, constants: Readonly<Record<string, number>>, subgroupSize = 0): string {
  let { source } = shader;
  for (const [name, value] of Object.entries(constants)) {
    const type = shader.constants.get(name);
    if (!type) throw new Error(`shaders/${shader.name}.wgsl has no line 'const ${name}: type = value;' to set`);
    source = source.replace(new RegExp(`^const ${name}: \\w+ = [^;]+;`, 'm'), `const ${name}: ${type} = ${literal(value, type)};`);
  }
  if (subgroupSize === 0 || !SUBGROUPS.test(source)) return source;
  // On the lines that are there, so that errors name the file's.
  return source.replace(SUBGROUPS, '$& enable subgroup_size_control;').replace(/^@compute /m, `$&@subgroup_size(${subgroupSize}) `);
}
