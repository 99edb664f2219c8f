import { type Shape, sizeOf } from '../../engine/shape.js';
import type { Attributes, OnnxNode, OnnxTensor } from './messages.js';

/** ONNX has images as [batch, channels, height, width]; ours are [batch, height, width, channels]. */
const TO_CHANNELS_FIRST = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** Nodes and constants of a model as they are put one after the other; the value that the last of them gave. */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  /** Name of the value that comes next to be used. */
  value: string;
  /** Its shape in our order, without the batch. */
  shape: Shape;
  /** What nodes and constants are named by. */
  scope = 'input';
  #isChannelsFirst: boolean;
  readonly #names = new Set<string>();

  constructor(input: string, shape: Shape, isChannelsFirst: boolean) {
    this.value = this.#take(input);
    this.shape = shape;
    this.#isChannelsFirst = isChannelsFirst;
  }

  /** Puts a node that takes the value, and others after it. */
  put(op: string, attributes: Attributes = {}, ...others: readonly string[]): void {
    this.value = this.node(op, [this.value, ...others], attributes);
  }

  /** Puts a node; the name of what it gives. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.#take(`${this.scope}/${op}`);
    this.nodes.push({ op, name: output, inputs, output, attributes });
    return output;
  }

  /** Puts a constant; its name. */
  constant(name: string, shape: Shape, data: OnnxTensor['data']): string {
    const own = this.#take(`${this.scope}.${name}`);
    this.constants.push({ name: own, shape, data });
    return own;
  }

  scalar(name: string, value: number): string {
    return this.constant(name, [], Float32Array.of(value));
  }

  whole(name: string, values: readonly number[]): string {
    return this.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Which axis of the value, with the batch, the channels or features are. */
  get channelAxis(): number {
    return this.#isChannelsFirst ? 1 : this.shape.length;
  }

  /** Puts an image's channels first, where a window is to slide over it. */
  toChannelsFirst(): void {
    if (this.#isChannelsFirst || this.shape.length !== 3) return;
    this.put('Transpose', { perm: TO_CHANNELS_FIRST });
    this.#isChannelsFirst = true;
  }

  /** Puts an image's channels last, as we have them, where its numbers are to be taken one after the other. */
  toChannelsLast(): void {
    if (!this.#isChannelsFirst) return;
    this.put('Transpose', { perm: TO_CHANNELS_LAST });
    this.#isChannelsFirst = false;
  }

  /** Puts all numbers of a picture in a row. */
  flatten(): void {
    this.put('Flatten', { axis: 1 });
    this.#isChannelsFirst = false;
  }

  /** Gives the last value another name. */
  finish(name: string): void {
    const last = this.nodes.at(-1);
    if (!last || last.output !== this.value) throw new Error('it computes nothing');
    this.#take(name);
    this.nodes[this.nodes.length - 1] = { ...last, output: name };
    this.value = name;
  }

  /** A name that is free, by a number after it where it is not. */
  #take(wanted: string): string {
    let name = wanted;
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`;
    this.#names.add(name);
    return name;
  }
}

/** Numbers with their axes in another order: axis i of the result is axis `order[i]` of `data`. */
export function transposed(data: Float32Array, shape: Shape, order: readonly number[]): { shape: number[]; data: Float32Array } {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const result = order.map(axis => shape[axis]!);
  const steps = order.map(axis => strides[axis]!);
  const to = new Float32Array(data.length);
  const at = result.map(() => 0);
  let from = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = data[from]!;
    for (let axis = result.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      at[axis]! += 1;
      if (at[axis]! < result[axis]!) break;
      from -= steps[axis]! * result[axis]!;
      at[axis] = 0;
    }
  }
  return { shape: result, data: to };
}
