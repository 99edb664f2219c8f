import { crc32 } from '../../src/data/decode/crc32.js';

/** Numbers that images.py makes too. */
class Lcg {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 2654435761) >>> 0;
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return (this.#state >>> 16) % n;
  }
}

type Part = readonly [start: number, end: number];

/** A file's chunks or segments; eighths where it has none. */
function parts(file: Buffer): Part[] {
  const found: Part[] = [];
  const add = (at: number, length: number): number => {
    const end = Math.min(at + length, file.length);
    found.push([at, end]);
    return end;
  };
  const starts = (text: string): boolean => file.toString('latin1', 0, text.length) === text;
  if (starts('\x89PNG')) {
    for (let at = 8; at + 12 <= file.length; ) at = add(at, 12 + file.readUInt32BE(at));
  } else if (starts('\xff\xd8')) {
    let at = 2;
    while (at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== 0xda) at = add(at, 2 + file.readUInt16BE(at + 2));
    add(at, file.length - at);
  } else if (starts('RIFF')) {
    for (let at = 12; at + 8 <= file.length; ) {
      const size = file.readUInt32LE(at + 4);
      at = add(at, 8 + size + (size % 2));
    }
  } else {
    for (let i = 0; i < 8; i++) found.push([Math.floor((file.length * i) / 8), Math.floor((file.length * (i + 1)) / 8)]);
  }
  return found;
}

/** A file with damage that depends on the seed alone, the same as in images.py. */
export function mutate(original: Buffer, seed: number): Buffer {
  const random = new Lcg(seed);
  const file = Buffer.from(original);
  const kind = random.below(13);
  const pieces = parts(original);
  const piece = pieces[random.below(pieces.length)]!;
  const [start, end] = piece;
  const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.below(256)));
  const joined = (...ranges: Part[]): Buffer => Buffer.concat(ranges.map(([from, to]) => file.subarray(from, to)));
  switch (kind) {
    case 0: // Bits are turned over.
      for (let i = 1 + random.below(4); i > 0; i--) file[random.below(file.length)]! ^= 1 << random.below(8);
      return file;
    case 1: // Bytes are set.
      for (let i = 1 + random.below(4); i > 0; i--) {
        const at = random.below(file.length);
        const values = [0, 255, random.below(256)];
        file[at] = values[random.below(3)]!;
      }
      return file;
    case 2: // The end is missing.
      return file.subarray(0, random.below(file.length));
    case 3: {
      // Bytes are put in,
      const at = random.below(file.length);
      return Buffer.concat([file.subarray(0, at), bytes(1 + random.below(16)), file.subarray(at)]);
    }
    case 4: {
      // or left out.
      const at = random.below(file.length);
      return joined([0, at], [at + 1 + random.below(16), file.length]);
    }
    case 5: {
      // Parts change places,
      const [first, second] = [piece, pieces[random.below(pieces.length)]!].sort((a, b) => a[0] - b[0] || a[1] - b[1]) as [Part, Part];
      if (first[0] === second[0] && first[1] === second[1]) return file;
      return joined([0, first[0]], second, [first[1], second[0]], first, [second[1], file.length]);
    }
    case 6: // come twice,
      return joined([0, end], piece, [end, file.length]);
    case 7: // or are left out.
      return joined([0, start], [end, file.length]);
    case 8: // A part's length or name is wrong,
      file[Math.min(start + random.below(8), file.length - 1)] = random.below(256);
      return file;
    case 9: // or its checksum.
      file[Math.max(end - 1 - random.below(4), 0)]! ^= 1 << random.below(8);
      return file;
    case 10: // A byte near the beginning is set.
      file[random.below(Math.min(64, file.length))] = random.below(256);
      return file;
    case 11: // A part's content is wrong, but its checksum right.
      for (let i = 1 + random.below(2); i > 0; i--) {
        const at = Math.min(start + 8 + random.below(Math.max(1, end - start - 12)), file.length - 1);
        file[at] = random.below(256);
      }
      if (file.toString('latin1', 0, 4) === '\x89PNG' && end - start >= 12)
        file.writeUInt32BE(crc32(file.subarray(start + 4, end - 4)), end - 4);
      return file;
    default: // More follows.
      return Buffer.concat([file, bytes(1 + random.below(64))]);
  }
}
