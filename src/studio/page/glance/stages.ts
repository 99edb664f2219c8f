import type { Inspection } from '../../../inspect/types.js';
import { layerRecord } from '../../../nn/layers.js';
import { rangeOf } from '../draw/scale.js';
import { type Layout, layoutOf } from '../state/layout.js';

/** A tensor of an inspection as one stage of a picture's way through the network. */
export interface Stage {
  readonly tensor: string;
  /** Layers that it is the output of: the one that computes it, and those behind that change nothing. None for the picture itself. */
  readonly layers: readonly number[];
  readonly name: string;
  /** '22 × 22 × 6'. */
  readonly shape: string;
  /** What the layer does, in a few words. */
  readonly about: string;
  /** 'picture': all channels as one; 'maps': each a map; 'numbers': one cell each; 'classes': the last one, a bar each. */
  readonly form: 'picture' | 'maps' | 'numbers' | 'classes';
  readonly layout: Layout;
  /** Maps or numbers that are drawn, by index. */
  readonly shown: readonly number[];
  /** How many are not. */
  readonly hidden: number;
}

/** Maps and numbers of a stage that are drawn at most. */
const MOST_MAPS = 12;
const MOST_NUMBERS = 64;

/** The `most` of `count` that are strongest, in their own order. */
function strongest(count: number, most: number, strength: (index: number) => number): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  if (count <= most) return all;
  return all
    .map(index => ({ index, strength: strength(index) }))
    .sort((a, b) => b.strength - a.strength)
    .slice(0, most)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

/** Mean of the sizes of a map's numbers. */
export function meanSize({ data, height, width, slice }: Layout, tile: number): number {
  const { offset, stride } = slice(tile, 0);
  let sum = 0;
  for (let i = 0; i < height * width; i++) sum += Math.abs(data[offset + i * stride]!);
  return sum / (height * width);
}

export const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

const isFlat = ({ shape }: { readonly shape: readonly number[] }): boolean => shape.length === 2;

/** A picture's way through the network, from its pixels to the classes; none where the inspection lacks one of its tensors. */
export function stagesOf(inspection: Inspection): readonly Stage[] {
  const { layers, tensors } = inspection;
  const input = layoutOf(inspection, 'input');
  if (!input) return [];
  const stages: Stage[] = [
    {
      tensor: 'input',
      layers: [],
      name: 'picture',
      shape: inspection.inputShape.join(' × '),
      about: 'The pixels, as the network takes them.',
      form: inspection.inputShape.length === 3 ? 'picture' : 'numbers',
      layout: input,
      shown: [0],
      hidden: 0,
    },
  ];
  for (const [index, layer] of layers.entries()) {
    const tensor = `layer${index}/output`;
    const found = tensors[tensor];
    const layout = layoutOf(inspection, tensor);
    if (!found || !layout) return [];
    const before = stages.at(-1)!;
    const isLast = index === layers.length - 1;
    const name = layer.name;
    if (!isLast && before.layers.length > 0 && sameNumbers(found.data, tensors[before.tensor]!.data)) {
      stages[stages.length - 1] = { ...before, layers: [...before.layers, index] };
      continue;
    }
    const flat = isFlat(found);
    const count = flat ? found.shape[1]! : layout.tiles;
    const strength = flat ? (i: number) => Math.abs(found.data[i]!) : (i: number) => meanSize(layout, i);
    const form = isLast && flat ? 'classes' : flat ? 'numbers' : 'maps';
    // One output tells two classes apart.
    const isPair = form === 'classes' && count === 1;
    const shown = isPair ? [0, 1] : strongest(count, flat ? MOST_NUMBERS : MOST_MAPS, strength);
    stages.push({
      tensor,
      layers: [index],
      name,
      shape: layer.outputShape.join(' × '),
      about: layerRecord(layer.kind).describe(layer.config),
      form,
      layout,
      shown,
      hidden: Math.max(0, count - shown.length),
    });
  }
  return stages;
}

/** How strongly what a stage shows leans on what the one before shows: [to][from], each row's largest 1; undefined where that is not known. */
export type Strengths = readonly (readonly number[])[] | undefined;

/** How much of each shown thing of a stage comes from each of the one before, for this picture: by the sizes of products of input and weight. */
export function strengths(inspection: Inspection, from: Stage, to: Stage): Strengths {
  const layer = inspection.layers[to.layers[0]!]!;
  const kernel = inspection.tensors[`layer${layer.index}/kernel`];
  // Of a large network, the first view has no weights.
  const mixes = layer.weights.some(({ name }) => name === 'kernel');
  const rows = kernel ? byKernel(inspection, from, to, kernel.shape, kernel.data) : mixes ? undefined : sameChannel(from, to);
  return rows?.map(row => {
    const most = Math.max(...row) || 1;
    return row.map(each => each / most);
  });
}

function sameChannel(from: Stage, to: Stage): number[][] | undefined {
  if (from.form !== to.form) return undefined;
  return to.shown.map(index => from.shown.map(other => (other === index ? 1 : 0)));
}

function byKernel(
  inspection: Inspection,
  from: Stage,
  to: Stage,
  shape: readonly number[],
  kernel: ArrayLike<number>,
): number[][] | undefined {
  const input = inspection.tensors[from.tensor]!.data;
  if (shape.length === 4) {
    const [height, width, channels, filters] = shape as [number, number, number, number];
    const all = Array.from({ length: channels }, (_, c) => meanSize(from.layout, c));
    const weight = (c: number, f: number): number => {
      let sum = 0;
      for (let i = 0; i < height * width; i++) sum += Math.abs(kernel[(i * channels + c) * filters + f]!);
      return sum * all[c]!;
    };
    return to.shown.map(f =>
      from.form === 'picture' ? [all.reduce((sum, _, c) => sum + weight(c, f), 0)] : from.shown.map(c => weight(c, f)),
    );
  }
  const units = shape[1]!;
  const channels = from.form === 'maps' ? from.layout.tiles : shape[0]!;
  const places = shape[0]! / channels;
  return to.shown.map(unit =>
    from.form === 'picture'
      ? [1]
      : from.shown.map(c => {
          let sum = 0;
          for (let i = 0; i < places; i++) {
            const at = i * channels + c;
            sum += Math.abs(input[at]! * kernel[at * units + Math.min(unit, units - 1)]!);
          }
          return sum;
        }),
  );
}

/** The numbers of a stage's gradient, laid out as the stage, of the classes that of their logits; undefined where the inspection has none. */
export function gradientOf(inspection: Inspection, { tensor, form }: Stage): Layout | undefined {
  return layoutOf(inspection, `${form === 'classes' ? inspection.layers.at(-1)!.linear : tensor}/gradient`);
}

/** The largest size of a layout's numbers. */
export const largestOf = ({ data }: Layout): number => {
  const [low, high] = rangeOf({ data });
  return Math.max(-low, high) || 1;
};
