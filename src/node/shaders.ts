import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShaderSource } from '../gpu/shader.js';
import { packageRoot } from './paths.js';

/** Reads shaders/<name>.wgsl of the package. */
export const shaderFiles: ShaderSource = name => readFile(join(packageRoot, 'shaders', `${name}.wgsl`), 'utf8');

/** The names of all shaders of the package. */
export const shaderNames = async (): Promise<string[]> =>
  (await readdir(join(packageRoot, 'shaders'))).map(file => file.replace('.wgsl', '')).sort();
