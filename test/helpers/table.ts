import { maskedCrc32c } from '../../src/formats/crc32c.js';
import { joined, packedField } from '../../src/formats/wire.js';

/** Numbers as varints, without a field before them. */
export const varints = (...values: readonly number[]): Uint8Array => {
  const field = packedField(1, values);
  return field.subarray(field.length - values.reduce((sum, value) => sum + Math.max(1, Math.ceil(Math.log2(value + 1) / 7)), 0));
};

const uint32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

/** A block of entries, each [bytes of the key shared with the one before, the rest of the key, value], with its trailer. */
export function block(entries: readonly (readonly [number, Uint8Array, Uint8Array])[], kind = 0): Uint8Array {
  const bytes = entries.flatMap(([shared, rest, value]) => [varints(shared, rest.length, value.length), rest, value]);
  const content = joined([...bytes, uint32(0), uint32(1)]);
  return joined([content, Uint8Array.of(kind), uint32(maskedCrc32c(content, Uint8Array.of(kind)))]);
}

/** A table of blocks, each of which the index names once for each time that it is listed. */
export function tableOf(blocks: readonly Uint8Array[]): Uint8Array {
  const places = new Map<Uint8Array, number>();
  let size = 0;
  for (const each of blocks) {
    if (places.has(each)) continue;
    places.set(each, size);
    size += each.length;
  }
  const index = block(blocks.map((each, i) => [0, Uint8Array.of(i), varints(places.get(each)!, each.length - 5)]));
  const handles = joined([varints(0, 0), varints(size, index.length - 5)]);
  const footer = joined([handles, new Uint8Array(40 - handles.length), Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)]);
  return joined([...places.keys(), index, footer]);
}

/** A table of these entries in one block, in the order of their keys. */
export function tableFrom(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return tableOf([block(sorted.map(([key, value]) => [0, Uint8Array.from(Buffer.from(key, 'latin1')), value]))]);
}
