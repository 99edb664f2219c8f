import type { LayerStack } from '../../nn/layer_stack.js';
import type { Ask } from './channel.js';

/** What is asked for of an inspection. */
export type WantedParts = Pick<Extract<Ask, { readonly what: 'inspect' }>, 'layers' | 'state' | 'forward'>;

/** Which tensors an inspection is to have: see ROUTES.inspect. */
export function wantOf({ layers: all }: LayerStack, { layers, state, forward }: WantedParts): (name: string) => boolean {
  return name => {
    const [, digits, part] = /^layer(\d+)\/(\w+)/.exec(name) ?? [];
    if (forward && /\/(gradient|clipped_gradient|updated)$/.test(name)) return false;
    if (digits === undefined) return name !== 'input/gradient' || (layers?.includes(0) ?? true);
    const layer = Number(digits);
    if (layers && !layers.includes(layer)) return false;
    const isState = all[layer]?.parameters.some(weight => weight.part === part) ?? false;
    return !isState || (!forward && (state?.includes(layer) ?? true));
  };
}
