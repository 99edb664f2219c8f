import { maskedCrc32c } from '../crc32c.js';
import { WireReader } from '../wire.js';

const FOOTER_BYTES = 48;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

/** Behind each block: its kind, and a checksum of block and kind. */
const TRAILER_BYTES = 5;

/** A key repeats what it shares with the one before it, so that few bytes can ask for keys without end. TensorFlow's have some hundred bytes. */
const MOST_KEY_BYTES = 1024;
const MOST_ENTRIES = 65_536;

/**
 * The entries of a table as TensorFlow keeps a checkpoint's index, by key. Values are views of `file`. Throws where it breaks a rule of the format.
 * `name` is for error messages. Source: tensorflow/core/lib/io/table_format.txt
 */
export function readTable(name: string, file: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const magic = file.subarray(-MAGIC.length);
  if (file.length < FOOTER_BYTES || MAGIC.some((byte, i) => magic[i] !== byte)) {
    throw new Error(`${name} is not a table of TensorFlow: its last 8 bytes are not the magic number; it may be damaged or cut short`);
  }
  const footer = new WireReader(file.subarray(-FOOTER_BYTES), `the footer of ${name}`);
  handle(footer);
  const index = blockAt(name, file, handle(footer));
  const table = new Map<string, Uint8Array>();
  let last: string | undefined;
  for (const [, value] of entriesOf(name, index)) {
    const where = handle(new WireReader(value, `the index of ${name}`));
    for (const [key, each] of entriesOf(name, blockAt(name, file, where))) {
      if (last !== undefined && key <= last) throw new Error(`${name}: its keys are out of order`);
      if (table.size === MOST_ENTRIES) throw new Error(`${name} has more than ${MOST_ENTRIES} entries`);
      table.set(key, each);
      last = key;
    }
  }
  return table;
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

const handle = (reader: WireReader): Handle => ({ offset: reader.varint(), size: reader.varint() });

/** A block's bytes, without its trailer, which is checked. */
function blockAt(name: string, file: Uint8Array, { offset, size }: Handle): Uint8Array {
  const end = offset + size;
  if (offset < 0 || size < 4 || end + TRAILER_BYTES > file.length) {
    throw new Error(`${name}: a block of ${size} bytes at byte ${offset} does not lie in its ${file.length} bytes`);
  }
  const kind = file[end]!;
  const { buffer, byteOffset } = file;
  const checksum = new DataView(buffer, byteOffset + end + 1, 4).getUint32(0, true);
  if (checksum !== maskedCrc32c(file.subarray(offset, end + 1)))
    throw new Error(`${name}: the checksum of the block at byte ${offset} is wrong`);
  if (kind !== 0)
    throw new Error(
      `${name}: its blocks are compressed (${kind === 1 ? 'snappy' : `kind ${kind}`}), wanted plain ones, as TensorFlow writes them`,
    );
  return file.subarray(offset, end);
}

/** Keys, bytes as characters, with their values. Behind them stand the places of keys that share nothing, and how many these are. */
function* entriesOf(name: string, block: Uint8Array): Generator<readonly [string, Uint8Array]> {
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4, 4).getUint32(0, true);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new Error(`${name}: a block of ${block.length} bytes says that it has ${restarts} restarts`);
  const reader = new WireReader(block.subarray(0, end), `a block of ${name}`);
  let key = '';
  while (!reader.ended) {
    const shared = reader.varint();
    const [unshared, length] = [reader.varint(), reader.varint()];
    if (shared > key.length || shared + unshared > MOST_KEY_BYTES) {
      throw new Error(
        `${name}: a key shares ${shared} bytes of ${key.length} and adds ${unshared}, wanted at most ${MOST_KEY_BYTES} in all`,
      );
    }
    key = key.slice(0, shared) + String.fromCharCode(...reader.bytes(unshared));
    yield [key, reader.bytes(length)];
  }
}
