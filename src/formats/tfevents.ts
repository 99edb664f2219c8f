import { maskedCrc32c } from './crc32c.js';
import { bytesField, countField, doubleField, type Fields, floatField, joined, textField } from './wire.js';

/** A record: its length (64 bits), the length's checksum, the data, the data's checksum. Source: tensorflow/core/lib/io/record_writer.h */
function record(fields: readonly Fields[]): Uint8Array<ArrayBuffer> {
  const data = joined(fields);
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return bytes;
}

/** The first record of an event file. `seconds`: since 1970. */
export function versionEvent(seconds: number): Uint8Array<ArrayBuffer> {
  return record([doubleField(1, seconds), textField(3, 'brain.Event:2')]);
}

/** A number under a tag at a step. Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto */
export function scalarEvent(seconds: number, step: number, tag: string, value: number): Uint8Array<ArrayBuffer> {
  const summary = bytesField(1, textField(1, tag), floatField(2, value));
  return record([doubleField(1, seconds), countField(2, step), bytesField(5, summary)]);
}
