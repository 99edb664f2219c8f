import type { ShaderSource } from '../../../gpu/shader.js';
import { ROUTES } from '../../protocol.js';
import { bundledShaders, type ShaderTexts, shadersOf } from '../../site/shaders.js';
import { address } from '../state/address.js';

/** Where shaders are: the address of the server's folder, with the files that Node reads too, or the texts in the site's own script. */
export type Shaders = string | ShaderTexts;

/** The page's shaders, in a form that its workers can be given: they have an address of their own. */
export const pageShaders = async (): Promise<Shaders> =>
  import.meta.env.MODE === 'site' ? bundledShaders() : new URL(address(ROUTES.shaderText), location.href).href;

/** What opens an adapter takes shaders by. */
export const sourceOf = (shaders: Shaders): string | ShaderSource => (typeof shaders === 'string' ? shaders : shadersOf(shaders));
