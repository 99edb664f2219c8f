import { Prism } from './prism.js';
import 'prismjs/components/prism-wgsl.js';

/** A line of WGSL as HTML. Lines stand alone: the shaders have no comments over several. */
export const highlight = (line: string): string => Prism.highlight(line, Prism.languages.wgsl!, 'wgsl');
