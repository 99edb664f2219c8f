import { type Shape, sizeOf } from '../engine/shape.js';

/** Numbers with a shape, as a safetensors file holds them. */
export interface StoredTensor {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | Uint32Array | Int16Array | Uint8Array;
}

export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPES = { F32: Float32Array, I32: Int32Array, U32: Uint32Array, I16: Int16Array, U8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The length of the header stands in 8 bytes before it. */
const PREFIX_BYTES = 8;

/**
 * A safetensors file: the header's length (64 bits, little-endian), a JSON header padded with spaces to 8 bytes, the tensors' bytes.
 * Source: https://huggingface.co/docs/safetensors/index#format
 */
export function writeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data.length !== sizeOf(shape)) throw new Error(`safetensors: '${name}' has shape [${shape.join(', ')}] and ${data.length} numbers`);
    const dtype = Object.entries(TYPES).find(([, type]) => data instanceof type)![0];
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(PREFIX_BYTES + headerBytes + offset).fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, PREFIX_BYTES);
  let at = PREFIX_BYTES + headerBytes;
  for (const { data } of Object.values(tensors)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** Reads a safetensors file. `name` is for error messages. Tensors are views of `file` where they begin at a multiple of their element's size, else copies. */
export function readSafetensors(name: string, file: Uint8Array): SafetensorsFile {
  const wrong = (found: string): Error => new Error(`${name} is no safetensors file: ${found}`);
  if (file.length < PREFIX_BYTES) throw wrong(`it has ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (PREFIX_BYTES + headerBytes > file.length) throw wrong(`its header would end at byte ${PREFIX_BYTES + headerBytes} of ${file.length}`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes)));
  } catch {
    throw wrong('its header is no JSON');
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  const data = file.subarray(PREFIX_BYTES + headerBytes);
  const tensors: Record<string, StoredTensor> = {};
  for (const [tensor, entry] of Object.entries(entries as Record<string, Entry>)) {
    const { dtype, shape, data_offsets: [begin, end] = [-1, -1] } = entry;
    if (!(dtype in TYPES)) throw new Error(`${name}: '${tensor}' has type ${dtype}; wanted one of ${Object.keys(TYPES).join(', ')}`);
    const type = TYPES[dtype as TypeName];
    const wanted = sizeOf(shape) * type.BYTES_PER_ELEMENT;
    if (end - begin !== wanted || begin < 0 || end > data.length) {
      throw new Error(
        `${name}: '${tensor}' should take ${wanted} bytes, the file has ${Math.max(0, Math.min(end, data.length) - begin)}: it may be cut short`,
      );
    }
    const bytes = data.subarray(begin, end);
    const { buffer, byteOffset } = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
    tensors[tensor] = { shape, data: new type(buffer as ArrayBuffer, byteOffset, sizeOf(shape)) };
  }
  return { tensors, metadata: metadata as Record<string, string> };
}
