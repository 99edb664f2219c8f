import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShaderSource } from '../gpu/shader.js';
import { packageRoot } from './paths.js';

/** Reads shaders/<name>.wgsl of the package. */
export const shaderFiles: ShaderSource = name => readFile(join(packageRoot, 'shaders', `${name}.wgsl`), 'utf8');
