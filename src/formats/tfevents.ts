/** CRC-32C (Castagnoli), by nibbles. Source: RFC 3720, appendix B.4 */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** As TensorFlow's record files mask checksums, so that a checksum of data that holds checksums stays good. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Protocol buffer fields. Source: https://protobuf.dev/programming-guides/encoding/ */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

const key = (field: number, wireType: number): number[] => varint(field * 8 + wireType);
/** 0 is what a missing number means, so it is left out. */
const varintField = (field: number, value: number): number[] => (value === 0 ? [] : [...key(field, 0), ...varint(value)]);
const bytesField = (field: number, bytes: readonly number[]): number[] => [...key(field, 2), ...varint(bytes.length), ...bytes];
const textField = (field: number, text: string): number[] => bytesField(field, [...new TextEncoder().encode(text)]);
const doubleField = (field: number, value: number): number[] => [...key(field, 1), ...new Uint8Array(Float64Array.of(value).buffer)];
const floatField = (field: number, value: number): number[] => [...key(field, 5), ...new Uint8Array(Float32Array.of(value).buffer)];

/** A record: its length (64 bits), the length's checksum, the data, the data's checksum. Source: tensorflow/core/lib/io/record_writer.h */
function record(data: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(bytes.subarray(12, 12 + data.length))), true);
  return bytes;
}

/** The first record of an event file. `seconds`: since 1970. */
export function versionEvent(seconds: number): Uint8Array<ArrayBuffer> {
  return record([...doubleField(1, seconds), ...textField(3, 'brain.Event:2')]);
}

/** A number under a tag at a step. Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto */
export function scalarEvent(seconds: number, step: number, tag: string, value: number): Uint8Array<ArrayBuffer> {
  const summary = bytesField(1, [...textField(1, tag), ...floatField(2, value)]);
  return record([...doubleField(1, seconds), ...varintField(2, step), ...bytesField(5, summary)]);
}
