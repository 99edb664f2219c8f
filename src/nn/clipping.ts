import type { Graph } from '../engine/graph.js';
import type { Tensor } from '../engine/tensor.js';
import { add } from '../ops/add.js';
import { clipNorm, clipValue, squaredNorm } from '../ops/clip.js';
import type { CommonConfig } from './optimizers/optimizer.js';
import { constant, dataOf, factor, makeTerms, type Numbers, type Place, type Terms, term } from './terms.js';

/** The gradient of a weight, and the scope that its nodes stand in. */
interface WeightGradient {
  readonly name: string;
  readonly scope: string;
  readonly gradient: Tensor;
}

/** Records what an optimizer's options make of the gradients of weights before its step: the clipped ones by the weights' names, or none. */
export function traceClipping(
  graph: Graph,
  { clipnorm, globalClipnorm, clipvalue }: CommonConfig,
  gradients: readonly WeightGradient[],
): ReadonlyMap<string, Tensor> {
  const each = (clip: (gradient: Tensor) => Tensor): Map<string, Tensor> =>
    new Map(gradients.map(({ name, scope, gradient }) => [name, graph.within(scope, () => clip(gradient))]));
  if (clipvalue !== undefined) return each(gradient => clipValue(gradient, clipvalue));
  if (clipnorm !== undefined) return each(gradient => clipNorm(gradient, squaredNorm(gradient), clipnorm));
  if (globalClipnorm === undefined || gradients.length === 0) return new Map();
  const norms = gradients.map(({ scope, gradient }) => graph.within(scope, () => squaredNorm(gradient)));
  const all = graph.within('clipping', () => norms.reduce((sum, norm) => add(sum, norm)));
  return each(gradient => clipNorm(gradient, all, globalClipnorm));
}

const CLIPPED = '/clipped_gradient';

const squares = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value * value, 0);

/** How a number of a clipped gradient was computed: `place` is in 'layer0/kernel/clipped_gradient'. */
export function clippedTerms(numbers: Numbers, place: Place, { clipnorm, globalClipnorm, clipvalue }: CommonConfig): Terms {
  const name = place.tensor.slice(0, -CLIPPED.length);
  const gradient = factor(numbers, `${name}/gradient`, place.index);
  if (clipvalue !== undefined) {
    const within = Math.min(Math.max(gradient.value, -clipvalue), clipvalue);
    const scale = gradient.value === 0 ? 1 : within / gradient.value;
    return makeTerms(numbers, place, [term('gradient', gradient, constant(scale))], {
      formula: 'clipped = gradient, no further from 0 than clipvalue',
    });
  }
  const all = Object.keys(numbers.tensors).filter(each => each.endsWith(CLIPPED));
  const names = globalClipnorm === undefined ? [name] : all.map(each => each.slice(0, -CLIPPED.length));
  const norm = Math.sqrt(names.reduce((sum, each) => sum + squares(dataOf(numbers, `${each}/gradient`)), 0));
  const limit = clipnorm ?? globalClipnorm!;
  return makeTerms(numbers, place, [term('gradient', gradient, constant(limit / Math.max(norm, limit)))], {
    formula: `clipped = gradient · ${limit} / max(norm, ${limit})`,
    note: `The norm of ${names.length > 1 ? 'the gradients of all weights' : 'this gradient'} is ${norm.toPrecision(6)}.`,
  });
}
