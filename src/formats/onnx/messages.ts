/** Messages of ONNX on the wire: opset 13, IR 7. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

import { bytesField, countField, type Fields, floatField, joined, textField, varintField } from '../wire.js';

/** Late 2020: runtimes of then read it, and a Softmax of it means what Keras means. */
const IR_VERSION = 7;
const OPSET = 13;

/** No protobuf may be larger. */
const MOST_BYTES = 2 ** 31 - 1;

const ELEMENT_TYPES = { float32: 1, uint8: 2, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** What a node's attributes can be: whole numbers from 0 on, lists of them, and numbers. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Attributes;
}

/** Constant numbers, in the order of `shape`'s axes. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** What goes in or comes out; an axis that is a text may have any length. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly version: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly input: OnnxValue;
  readonly output: OnnxValue;
  readonly metadata: Readonly<Record<string, string>>;
}

const [FLOAT, INT, INTS] = [1, 2, 7];

function attribute(name: string, value: Attributes[string]): Fields {
  const of = (type: number, ...fields: readonly Fields[]): Fields => bytesField(5, textField(1, name), ...fields, varintField(20, type));
  if (typeof value === 'number') return of(INT, varintField(3, value));
  if ('float' in value) return of(FLOAT, floatField(2, value.float));
  return of(INTS, ...value.map(each => varintField(8, each)));
}

const node = ({ op, name, inputs, output, attributes }: OnnxNode): Fields =>
  bytesField(
    1,
    ...inputs.map(each => textField(1, each)),
    textField(2, output),
    textField(3, name),
    textField(4, op),
    ...Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  );

function constant({ name, shape, data }: OnnxTensor): Fields {
  const type = ELEMENT_TYPES[data instanceof Float32Array ? 'float32' : 'int64'];
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return bytesField(5, ...shape.map(length => varintField(1, length)), countField(2, type), textField(8, name), bytesField(9, raw));
}

function value(field: number, { name, type, shape }: OnnxValue): Fields {
  const axes = shape.map(length => bytesField(1, typeof length === 'number' ? varintField(1, length) : textField(2, length)));
  return bytesField(field, textField(1, name), bytesField(2, bytesField(1, countField(1, ELEMENT_TYPES[type]), bytesField(2, ...axes))));
}

/** A model's file. Throws where it would be larger than a protobuf may be. */
export function modelBytes({ name, version, nodes, constants, input, output, metadata }: OnnxModel): Fields {
  const bytes = constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > MOST_BYTES)
    throw new Error(`its weights take ${bytes} bytes; ONNX files hold at most ${MOST_BYTES}: save it as another kind`);
  const graph = bytesField(7, ...nodes.map(node), textField(2, name), ...constants.map(constant), value(11, input), value(12, output));
  return joined([
    countField(1, IR_VERSION),
    textField(2, 'wgrad'),
    textField(3, version),
    graph,
    bytesField(8, textField(1, ''), countField(2, OPSET)),
    ...Object.entries(metadata).map(([key, text]) => bytesField(14, textField(1, key), textField(2, text))),
  ]);
}
