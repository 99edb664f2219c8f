/**
 * Protocol buffers on the wire, without schemas: fields are written one by one, and read as they come.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

/** One field's bytes, or several fields' one after the other. */
export type Fields = Uint8Array<ArrayBuffer>;

/** Several fields, one after the other: what a message is. */
export function joined(parts: readonly Uint8Array[]): Fields {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

/** 64 bits, seven in a byte. */
const MOST_VARINT_BYTES = 10;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const key = (field: number, wireType: number): number[] => varint(field * 8 + wireType);

/** A whole number from 0 on, written even where it is 0: as repeated fields and members of a oneof are. */
export const varintField = (field: number, value: number): Fields => Uint8Array.from([...key(field, VARINT), ...varint(value)]);
/** A whole number from 0 on. 0 is what a missing number means, so it is left out. */
export const countField = (field: number, value: number): Fields => (value === 0 ? new Uint8Array(0) : varintField(field, value));
/** Bytes, or a message of these parts. */
export function bytesField(field: number, ...parts: readonly Uint8Array[]): Fields {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return joined([Uint8Array.from([...key(field, BYTES), ...varint(length)]), ...parts]);
}
export const textField = (field: number, text: string): Fields => bytesField(field, new TextEncoder().encode(text));
export const doubleField = (field: number, value: number): Fields => fixed(field, FIXED64, Float64Array.of(value).buffer);
export const floatField = (field: number, value: number): Fields => fixed(field, FIXED32, Float32Array.of(value).buffer);
/** Whole numbers from 0 on, one after the other in one field, as proto3 packs them. */
export const packedField = (field: number, values: readonly number[]): Fields => bytesField(field, Uint8Array.from(values.flatMap(varint)));

const fixed = (field: number, wireType: number, value: ArrayBuffer): Fields =>
  joined([Uint8Array.from(key(field, wireType)), new Uint8Array(value)]);

/** A field as it stands in a message: a varint or 4 fixed bytes as a whole number, all else as a view of its bytes. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** Reads numbers and bytes one after the other; throws where the bytes end before. `what` names them in messages. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** A whole number of up to 64 bits, as a signed one: what is beyond 2^53 is given as the nearest number. */
  varint(): number {
    const start = this.at;
    let length = 0;
    while (length < MOST_VARINT_BYTES && (this.#bytes[start + length] ?? 0) >= 0x80) length += 1;
    if (length === MOST_VARINT_BYTES) throw new Error(`${this.#what} has a number of more than 64 bits at byte ${start}`);
    const bytes = this.bytes(length + 1);
    // Seven bits a byte, the lowest first.
    if (length < 7) return bytes.reduceRight((value, byte) => value * 128 + (byte & 0x7f), 0);
    return Number(
      BigInt.asIntN(
        64,
        bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n),
      ),
    );
  }

  uint32(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  /** The next bytes, as a view. */
  bytes(length: number): Uint8Array {
    const end = this.at + length;
    if (length < 0 || end > this.#bytes.length) {
      throw new Error(
        `${this.#what} is damaged or cut short: at byte ${this.at}, ${length} bytes should follow, there are ${this.#bytes.length - this.at}`,
      );
    }
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

/** The fields of a message in turn. Nothing is copied, and nothing is read beyond what is asked for. */
export function* fieldsOf(message: Uint8Array, what: string): Generator<Field> {
  const reader = new WireReader(message, what);
  while (!reader.ended) {
    const start = reader.at;
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    if (number < 1) throw new Error(`${what} is not a message: at byte ${start} its field has the number ${number}`);
    yield { number, value: fieldValue(reader, tag % 8, `${what}, field ${number}`) };
  }
}

function fieldValue(reader: WireReader, wireType: number, what: string): number | Uint8Array {
  switch (wireType) {
    case VARINT:
      return reader.varint();
    case FIXED64:
      return reader.bytes(8);
    case BYTES:
      return reader.bytes(reader.varint());
    case FIXED32:
      return reader.uint32();
    default:
      throw new Error(`${what} is of kind ${wireType}, wanted 0, 1, 2 or 5`);
  }
}

/** The bytes of the last field of this number, which is the one that counts; nothing where there is none. Throws where it is a number. */
export function bytesOf(message: Uint8Array, field: number, what: string): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const { number, value } of fieldsOf(message, what)) {
    if (number !== field) continue;
    if (typeof value === 'number') throw new Error(`${what}: its field ${field} is a number, wanted bytes`);
    found = value;
  }
  return found;
}
