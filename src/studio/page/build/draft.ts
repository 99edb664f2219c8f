import { Graph } from '../../../engine/graph.js';
import { type Shape, sizeOf } from '../../../engine/shape.js';
import { receptiveField } from '../../../inspect/one_number.js';
import type { InspectedLayer } from '../../../inspect/types.js';
import { makeLayer } from '../../../nn/config.js';
import { WantedError } from '../../../nn/json.js';
import type { Layer } from '../../../nn/layers/layer.js';
import { layerRecord } from '../../../nn/layers.js';
import { fieldLabel } from './kinds.js';

/** A layer as it is edited: what is wrong with it is found when it is looked at. */
export interface DraftLayer {
  /** Told apart by it while layers move. */
  readonly id: number;
  /** Of its record: 'conv2d'. */
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the file that it was read from has one. */
  readonly name?: string | undefined;
  readonly trainable?: boolean | undefined;
}

/** How far a number of a layer looks: rows and columns of the picture that it depends on; 'all' where a layer before took all of it. */
export type Field = readonly [height: number, width: number];

/** What a layer of a draft is, in its place. Shapes are without the batch axis. */
export interface DraftRow {
  readonly draft: DraftLayer;
  readonly layer?: Layer;
  readonly inputShape?: Shape;
  readonly outputShape?: Shape;
  readonly parameters: number;
  /** Forward, of one picture, by the ops' definitions; a multiply-add is 2. */
  readonly flops: number;
  readonly field?: Field;
  /** What is wrong with it, for people; absent too where only a layer before it is wrong. */
  readonly problem?: string;
}

/** Numbers of weights and operations of a layer on one picture, by what it records. */
function costOf(layer: Layer, input: Shape): { readonly parameters: number; readonly flops: number } {
  const graph = new Graph();
  const specs = layer.weights(input);
  const weights = Object.fromEntries(specs.map(({ name, shape }) => [name, graph.variable({ name, shape, dtype: 'float32' })]));
  const context = { weights, training: false, trainable: true, firstRow: 0, seed: 0, stream: 0 };
  layer.call(graph.input('x', [1, ...input]), context);
  return {
    parameters: specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    flops: graph.nodes.reduce((sum, { cost }) => sum + cost.flops, 0),
  };
}

/** Whether a kind takes pictures alone: those over which a window slides, and the few others that name rows and columns. */
export const takesPictures = (kind: string): boolean =>
  layerRecord(kind).window !== undefined || ['zero_padding2d', 'spatial_dropout2d', 'global_max_pooling2d'].includes(kind);

/** What is wrong with a layer that the engine refused, in the words of somebody who builds. */
function words(error: Error, { kind, config }: DraftLayer, input: Shape): string {
  const flat = input.length === 1;
  if (flat && takesPictures(kind)) {
    return `It takes pictures (rows, columns, channels), and what comes before it gives ${input[0]} numbers in a row: move it above the flatten or the pooling that made them so.`;
  }
  if (!flat && kind === 'dense') {
    return `It takes numbers in a row, and what comes before it gives ${input.join(' × ')}: put a flatten or a global pooling above it.`;
  }
  const window = (config.kernelSize ?? config.poolSize) as readonly [number, number] | undefined;
  if (!flat && window && config.padding !== 'same' && (window[0] > input[0]! || window[1] > input[1]!)) {
    return `Its window of ${window.join(' × ')} does not fit into ${input[0]} × ${input[1]}: use a smaller one, padding 'same', or take out a pooling above it.`;
  }
  if (error instanceof WantedError) {
    const [, field = ''] = /^it\.(\w+)/.exec(error.at) ?? [];
    const label = fieldLabel(field);
    const found = error.value === null || error.value === undefined ? 'nothing' : String(error.value);
    return `${label[0]!.toUpperCase()}${label.slice(1)}: ${found} is given, wanted ${error.wanted}.`;
  }
  const said = error.message.replace(/^\w+: /, '');
  return `${said[0]!.toUpperCase()}${said.slice(1)}.`;
}

const asInspected = ({ layer, inputShape, outputShape }: Required<Pick<DraftRow, 'layer' | 'inputShape' | 'outputShape'>>, index: number) =>
  ({
    index,
    inputShape,
    outputShape,
    ...(layer.record.window && { window: layer.record.window(layer.config, [1, ...inputShape]) }),
  }) as InspectedLayer;

/** The flat index of the number in the midst of a layer's output, whose field no border cuts before it must. */
function middle(shape: Shape): number {
  if (shape.length !== 3) return 0;
  const [height, width, channels] = shape as [number, number, number];
  return (Math.floor(height / 2) * width + Math.floor(width / 2)) * channels;
}

/** Looks at a draft, layer after layer, with the engine's own shapes, weights, operations and windows. After a wrong layer nothing is known. */
export function lookAt(input: Shape, drafts: readonly DraftLayer[]): readonly DraftRow[] {
  const rows: DraftRow[] = [];
  const inspected: InspectedLayer[] = [];
  let shape: Shape | undefined = input;
  for (const draft of drafts) {
    if (!shape) {
      rows.push({ draft, parameters: 0, flops: 0 });
      continue;
    }
    const inputShape: Shape = shape;
    try {
      const layer = makeLayer(layerRecord(draft.kind), draft.config, {}, 'it');
      const outputShape = layer.outputShape(inputShape);
      const cost = costOf(layer, inputShape);
      inspected.push(asInspected({ layer, inputShape, outputShape }, rows.length));
      const region = receptiveField({ layers: inspected }, rows.length, middle(outputShape)).at(-1);
      const field: Field | undefined = region?.tensor === 'input' ? [region.height, region.width] : undefined;
      rows.push({ draft, layer, inputShape, outputShape, ...cost, ...(field && { field }) });
      shape = outputShape;
    } catch (error) {
      rows.push({ draft, inputShape, parameters: 0, flops: 0, problem: words(error as Error, draft, inputShape) });
      shape = undefined;
    }
  }
  return rows;
}
