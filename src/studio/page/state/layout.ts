import { sizeOf } from '../../../engine/shape.js';
import type { InspectedLayer, InspectedWeight, Inspection } from '../../../inspect/types.js';
import { layerRecord } from '../../../nn/layers.js';
import type { Slice } from '../draw/scale.js';

/** Where a number lies in the maps of a tensor. */
export interface Spot {
  readonly tile: number;
  readonly row: number;
  readonly column: number;
  /** The other choice where maps have two: the input channel of a filter, the unit of a dense layer. */
  readonly other: number;
}

/** A tensor of an inspection as maps: `tiles` of height x width, for each of `others`. The batch's first row alone. */
export interface Layout {
  readonly tensor: string;
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  readonly tiles: number;
  /** What a tile is: 'channel', 'filter'. */
  readonly unit: string;
  readonly others: number;
  readonly otherUnit: string;
  /** What rows and columns are: places, or the features and units of a kernel. */
  readonly rowUnit: string;
  readonly columnUnit: string;
  /** What a number is where they all lie in one row, which is drawn as a grid: 'unit', 'filter'. */
  readonly numberUnit: string | undefined;
  slice(tile: number, other: number): Required<Slice>;
  indexOf(spot: Spot): number;
  spotOf(index: number): Spot;
}

interface Form {
  readonly height: number;
  readonly width: number;
  readonly tiles: number;
  readonly unit: string;
  readonly others?: number;
  readonly otherUnit?: string;
  readonly rowUnit?: string;
  readonly columnUnit?: string;
  readonly numberUnit?: string;
  /** Whether `other` is counted slower than tiles, as filters' input channels are; or faster, as a dense layer's units. */
  readonly tilesFastest?: boolean;
}

/** Flat index = (row · width + column) · tiles · others + tile and other. */
function layout(tensor: string, data: ArrayLike<number>, form: Form): Layout {
  const { height, width, tiles, unit, others = 1, otherUnit = '', tilesFastest = true } = form;
  const { rowUnit = 'row', columnUnit = 'column', numberUnit } = form;
  const stride = tiles * others;
  const begin = (tile: number, other: number): number => (tilesFastest ? other * tiles + tile : tile * others + other);
  return {
    tensor,
    data,
    height,
    width,
    tiles,
    unit,
    others,
    otherUnit,
    rowUnit,
    columnUnit,
    numberUnit,
    slice: (tile, other) => ({ data, offset: begin(tile, other), stride, count: height * width }),
    indexOf: ({ row, column, tile, other }) => (row * width + column) * stride + begin(tile, other),
    spotOf: index => {
      const place = Math.floor(index / stride) % (height * width);
      const rest = index % stride;
      const [tile, other] = tilesFastest ? [rest % tiles, Math.floor(rest / tiles)] : [Math.floor(rest / others), rest % others];
      return { tile, other, row: Math.floor(place / width), column: place % width };
    },
  };
}

/** The map whose numbers differ most, the first of equals; where all are of one number each, that with the largest: one that is 0 everywhere says little. */
export function mostTelling({ data, height, width, tiles, others, spotOf }: Layout): Spot {
  const stride = tiles * others;
  const [low, high] = [new Float64Array(stride).fill(Infinity), new Float64Array(stride).fill(-Infinity)];
  for (let i = 0, map = 0; i < height * width * stride; i++) {
    const value = data[i]!;
    if (value < low[map]!) low[map] = value;
    if (value > high[map]!) high[map] = value;
    map = map + 1 === stride ? 0 : map + 1;
  }
  const spread = (map: number): number => (height * width > 1 ? high[map]! - low[map]! : Math.abs(high[map]!));
  let best = 0;
  for (let map = 1; map < stride; map++) if (spread(map) > spread(best)) best = map;
  return spotOf(best);
}

/** Index of the number that is farthest from 0, in the first row of the batch. */
export function largestNumber({ data, height, width, tiles, others }: Layout): number {
  let best = 0;
  for (let i = 1; i < height * width * tiles * others; i++) if (Math.abs(data[i]!) > Math.abs(data[best]!)) best = i;
  return best;
}

/** Rows and columns for numbers in a row: as square as they divide. */
export function gridOf(length: number): [number, number] {
  let rows = Math.floor(Math.sqrt(length));
  while (length % rows !== 0) rows--;
  return [rows, length / rows];
}

/** The shape of pictures that a layer's features come from, where each is the number of one place: [height, width, channels]. */
function picturesBehind(layers: readonly InspectedLayer[], index: number): readonly [number, number, number] | undefined {
  for (let at = index; at >= 0; at--) {
    const { kind, inputShape } = layers[at]!;
    if (!layerRecord(kind).keepsPlaces) return undefined;
    if (inputShape.length === 3) return inputShape as unknown as [number, number, number];
  }
  return undefined;
}

function maps(tensor: string, data: ArrayLike<number>, [height, width, tiles]: readonly number[]): Layout {
  return layout(tensor, data, { height: height!, width: width!, tiles: tiles!, unit: 'channel' });
}

function vector(tensor: string, data: ArrayLike<number>, length: number, numberUnit: string): Layout {
  const [height, width] = gridOf(length);
  return layout(tensor, data, { height, width, tiles: 1, unit: 'map', numberUnit });
}

/** What the numbers of a layer's row are: of its output, or of a weight that has one for each. */
function unitOf(layers: readonly InspectedLayer[], index: number, isWeight: boolean): string {
  const { weights, inputShape, outputShape } = layers[index]!;
  const kernel = weights.find(({ name }) => name.endsWith('kernel'));
  if (kernel?.shape.length === 2) return 'unit';
  if (isWeight) return kernel ? 'filter' : inputShape.length === 1 ? 'unit' : 'channel';
  if (inputShape.length === 3) return outputShape[0] === inputShape[2] ? 'channel' : 'feature';
  return index > 0 ? unitOf(layers, index - 1, false) : 'feature';
}

/** The index of the layer that a tensor belongs to; the last for logits and the like, -1 for the input. */
export function layerOf({ layers }: Inspection, tensor: string): number {
  const digits = /^layer(\d+)\//.exec(tensor)?.[1];
  if (digits !== undefined) return Number(digits);
  return tensor.startsWith('input') ? -1 : layers.length - 1;
}

/** The weight that a tensor is, where it is one as it was before the step: 'layer0/kernel'. */
export function weightOf({ layers }: Inspection, tensor: string): InspectedWeight | undefined {
  const [, digits, part] = /^layer(\d+)\/(\w+)$/.exec(tensor) ?? [];
  return layers[Number(digits)]?.weights.find(({ name }) => name === part);
}

/** How a tensor is laid out as maps; undefined where the inspection hasn't got it. */
export function layoutOf(inspection: Inspection, tensor: string): Layout | undefined {
  const found = inspection.tensors[tensor];
  if (!found) return undefined;
  const { shape, data } = found;
  const { layers } = inspection;
  const index = layerOf(inspection, tensor);
  const part = tensor.replace(/^layer\d+\//, '').split('/')[0]!;
  const isWeight = layers[index]?.weights.some(({ name }) => name === part) ?? false;
  if (part === 'depthwise_kernel') {
    const [height, width, tiles, others] = shape as [number, number, number, number];
    return layout(tensor, data, { height, width, tiles, unit: 'channel', others, otherUnit: 'filter of the channel', tilesFastest: false });
  }
  if (isWeight && shape.length === 4) {
    const [height, width, others, tiles] = shape as [number, number, number, number];
    return layout(tensor, data, { height, width, tiles, unit: 'filter', others, otherUnit: 'input channel' });
  }
  if (isWeight && shape.length === 2) {
    const [features, units] = shape as [number, number];
    const pictures = picturesBehind(layers, index - 1);
    if (pictures) {
      const [height, width, tiles] = pictures;
      return layout(tensor, data, { height, width, tiles, unit: 'channel', others: units, otherUnit: 'unit', tilesFastest: false });
    }
    return layout(tensor, data, { height: features, width: units, tiles: 1, unit: 'map', rowUnit: 'feature', columnUnit: 'unit' });
  }
  if (part === 'loss') return vector(tensor, data, data.length, 'number');
  if (isWeight) return vector(tensor, data, data.length, unitOf(layers, index, true));
  if (shape.length === 4) return maps(tensor, data, shape.slice(1));
  const length = sizeOf(shape.slice(1));
  const pictures = index >= 0 ? picturesBehind(layers, index) : undefined;
  // A mask of whole maps has fewer numbers than the pictures.
  return pictures && sizeOf(pictures) === length
    ? maps(tensor, data, pictures)
    : vector(tensor, data, length, index < 0 ? 'feature' : unitOf(layers, index, false));
}

/** What can be shown of a layer, by the ends of its tensors' names, with words for each. */
export function partsOf(inspection: Inspection, layer: number): { readonly part: string; readonly label: string }[] {
  const { kind, weights } = inspection.layers[layer]!;
  const known: readonly string[] = ['mask', 'argmax'];
  const parts = Object.keys(layerRecord(kind).terms.parts ?? {}).filter(part => !known.includes(part));
  const words: readonly (readonly [string, string])[] = [
    ['output', 'Output'],
    ['pre_activation', 'Before the activation'],
    ['output/gradient', 'Gradient of the output'],
    ['mask', 'Dropout mask'],
    ['argmax', 'Winners'],
    ...[...parts, ...weights.map(({ name }) => name)].flatMap(name => {
      const said = name.replaceAll('_', ' ');
      return [
        [name, said[0]!.toUpperCase() + said.slice(1)],
        [`${name}/gradient`, `Gradient of the ${said}`],
      ] as const;
    }),
  ];
  return words.filter(([part]) => inspection.tensors[`layer${layer}/${part}`]).map(([part, label]) => ({ part, label }));
}
