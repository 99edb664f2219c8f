import type { ShaderSource } from '../../../gpu/shader.js';
import { ROUTES } from '../../protocol.js';
import { bundledShaders } from '../../site/shaders.js';
import { address } from '../state/address.js';

/** Where the server has the shader files: for workers, too, whose own address is another. */
export const shaderFolder = (): string => new URL(address(ROUTES.shaderText), location.href).href;

/** The shaders of the site's own script, or the files that Node reads too, from a server's folder. */
export const shadersIn = (folder: string): string | ShaderSource => (import.meta.env.MODE === 'site' ? bundledShaders : folder);
