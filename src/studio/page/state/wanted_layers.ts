import { computed } from '@preact/signals';
import type { ModelSummary } from '../../protocol.js';
import { model } from './live.js';
import { numberOf, params, view } from './route.js';

/** Numbers of a picture's activations and of all weights: of networks with fewer, everything is inspected at once. */
const SMALL = 500_000;

function isSmall({ layers, count }: ModelSummary): boolean {
  const activations = layers.reduce((sum, { outputShape }) => sum + outputShape.reduce((size, length) => size * length, 1), 0);
  return count + activations <= SMALL;
}

/** The layers whose numbers the view shows or computes with; undefined for all of a network that is small. */
export const wantedLayers = computed((): readonly number[] | undefined => {
  const summary = model.value;
  if (!summary || isSmall(summary)) return undefined;
  const last = summary.layers.length - 1;
  if (view.value === 'home') return summary.layers.map((_, index) => index);
  if (view.value === 'network') {
    const open = params.value.layer === 'none' ? -1 : numberOf('layer', 0);
    return open >= 0 && open <= last ? [open] : [];
  }
  if (view.value !== 'number' && view.value !== 'shader') return [];
  const tensor = params.value.tensor ?? 'layer0/output';
  const digits = /^layer(\d+)\//.exec(tensor)?.[1];
  const layer = digits === undefined ? (tensor.startsWith('input') ? -1 : last) : Number(digits);
  // What a number was computed from, and what sent its gradient back.
  return [layer - 1, layer, layer + 1].filter(each => each >= 0 && each <= last);
});

/** Whether weights and what is kept for them are wanted too: the first view shows what all layers give, and no weight. */
export const wantsWeights = computed(() => wantedLayers.value === undefined || view.value !== 'home');
