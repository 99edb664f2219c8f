/** Bits of the codes that are looked up: of 11 no table would fit a processor's first cache. */
const SHORT = 10;

/** Huffman codes, each by its length * 256 + its symbol. */
interface Codes {
  /** By the next bits; 0 where the code is longer. */
  readonly short: Uint16Array;
  /** The longer ones, by the next 16 bits less `longFrom`. */
  readonly long: Uint16Array;
  readonly longFrom: number;
}

interface Component {
  readonly id: number;
  /** Blocks that a unit of several components has, across and down. */
  readonly across: number;
  readonly down: number;
  readonly quantization: number;
  codesDc: Codes;
  codesAc: Codes;
}

/** What the segments before a scan say. */
interface Tables {
  readonly quantization: Uint16Array[];
  /** DC at 0 to 3, AC at 16 to 19, as their segments number them. */
  readonly codes: Codes[];
  components: readonly Component[];
  width: number;
  height: number;
  restart: number;
}

/** Samples from which on codecs part: libjpeg's C code wraps them around, its vector code, which PIL runs, does not. Whole files stay near ±128. */
const FARTHEST = 512;

/**
 * Whether samples of a sequential JPEG in Huffman coding that is otherwise whole lie beyond ±512. Looks only at how large coefficients are, as a sample is at most an
 * eighth of the DC coefficient and a quarter of the sum of the others, and transforms the few blocks of which that says too little. False for progressive
 * files, whose coefficients come in many parts; true where tables are left to a default. Source: ITU-T T.81, A.3.3, B.2 and F.2
 */
export function leavesRange(file: Uint8Array): boolean {
  const tables: Tables = { quantization: [], codes: [], components: [], width: 0, height: 0, restart: 0 };
  let at = 2;
  while (at + 3 < file.length) {
    const marker = file[at + 1]!;
    if (file[at] !== 0xff || marker === 0xff || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 1;
      continue;
    }
    if (marker === 0xd9 || marker === 0xc2) return false;
    const end = at + 2 + file[at + 2]! * 256 + file[at + 3]!;
    const segment = file.subarray(at + 4, end);
    at = end;
    if (marker === 0xdb) readQuantization(segment, tables.quantization);
    else if (marker === 0xc4) readCodes(segment, tables.codes);
    else if (marker === 0xdd) tables.restart = segment[0]! * 256 + segment[1]!;
    else if (marker === 0xc0 || marker === 0xc1) readFrame(segment, tables);
    else if (marker === 0xda) {
      const scan = readScan(file, at);
      const scanned = chosenBy(segment, tables);
      if (!scanned || scanLeavesRange(scan.pieces, scanned, tables)) return true;
      at = scan.end;
    }
  }
  return false;
}

function readQuantization(segment: Uint8Array, quantization: Uint16Array[]): void {
  for (let at = 0; at < segment.length; ) {
    const head = segment[at++]!;
    // A run may lead past the block, to its last coefficient.
    const values = new Uint16Array(64 + 16);
    for (let i = 0; i < 64; i++) values[i] = head < 16 ? segment[at++]! : segment[at++]! * 256 + segment[at++]!;
    values.fill(values[63]!, 64);
    quantization[head & 15] = values;
  }
}

function readCodes(segment: Uint8Array, tables: Codes[]): void {
  for (let at = 0; at < segment.length; ) {
    const short = new Uint16Array(1 << SHORT);
    let long = new Uint16Array(0);
    let longFrom = 1 << 16;
    let symbol = at + 17;
    let first = 0;
    for (let length = 1; length <= 16; length++) {
      if (length === SHORT + 1) {
        longFrom = first;
        long = new Uint16Array((1 << 16) - first);
      }
      for (let count = segment[at + length]!; count > 0; count--) {
        const end = first + (1 << (16 - length));
        const code = length * 256 + segment[symbol++]!;
        if (length <= SHORT) short.fill(code, first >> (16 - SHORT), end >> (16 - SHORT));
        else long.fill(code, first - longFrom, end - longFrom);
        first = end;
      }
    }
    tables[segment[at]!] = { short, long, longFrom };
    at = symbol;
  }
}

/** The code that 16 bits begin with; 0 where there is none. */
const codeOf = ({ short, long, longFrom }: Codes, bits: number): number => short[bits >> (16 - SHORT)]! || long[bits - longFrom]!;

function readFrame(segment: Uint8Array, tables: Tables): void {
  const none: Codes = { short: new Uint16Array(0), long: new Uint16Array(0), longFrom: 0 };
  tables.height = segment[1]! * 256 + segment[2]!;
  tables.width = segment[3]! * 256 + segment[4]!;
  tables.components = Array.from({ length: segment[5]! }, (_, i) => {
    const [id, sampling, quantization] = segment.subarray(6 + 3 * i) as unknown as [number, number, number];
    return { id, across: sampling >> 4, down: sampling & 15, quantization, codesDc: none, codesAc: none };
  });
}

/** The components of a scan, with the codes that its header gives them; undefined where the file lacks any of it, which has its default. */
function chosenBy(header: Uint8Array, { components, codes, quantization }: Tables): Component[] | undefined {
  const chosen: Component[] = [];
  for (let i = 0; i < header[0]!; i++) {
    const component = components.find(({ id }) => id === header[1 + 2 * i]);
    const codesDc = codes[header[2 + 2 * i]! >> 4];
    const codesAc = codes[16 + (header[2 + 2 * i]! & 15)];
    if (!component || !codesDc || !codesAc || !quantization[component.quantization]) return;
    chosen.push({ ...component, codesDc, codesAc });
  }
  return chosen.length > 0 ? chosen : undefined;
}

/** The bytes of a scan from one restart to the next, without the zeros that follow each ff, and where it ends. */
function readScan(file: Uint8Array, start: number): { readonly pieces: readonly Uint8Array[]; readonly end: number } {
  const pieces: Uint8Array[] = [];
  // A block's last look ahead may go 3 bytes further.
  const bytes = new Uint8Array(file.length - start + 4);
  let length = 0;
  let begun = 0;
  for (let at = start; ; ) {
    const found = file.indexOf(0xff, at);
    const marker = found === -1 ? 0xd9 : file[found + 1];
    const end = found === -1 ? file.length : marker === 0 ? found + 1 : found;
    bytes.set(file.subarray(at, end), length);
    length += end - at;
    at = marker === 0 ? found + 2 : marker === 0xff ? found + 1 : found + 2;
    if (marker === 0 || marker === 0xff) continue;
    pieces.push(bytes.subarray(begun, length + 3));
    begun = length;
    if (marker === undefined || marker < 0xd0 || marker > 0xd7) return { pieces, end };
  }
}

function scanLeavesRange(pieces: readonly Uint8Array[], scanned: readonly Component[], tables: Tables): boolean {
  const { components, width, height, restart } = tables;
  const most = (direction: 'across' | 'down') => Math.max(...components.map(component => component[direction]));
  const [only] = scanned;
  const isOne = scanned.length === 1;
  const units = (pixels: number, direction: 'across' | 'down') =>
    isOne ? Math.ceil(Math.ceil((pixels * only![direction]) / most(direction)) / 8) : Math.ceil(pixels / (8 * most(direction)));
  let left = units(width, 'across') * units(height, 'down');
  // The component of each block of a unit.
  const order = scanned.flatMap((component, i) => new Array<number>(isOne ? 1 : component.across * component.down).fill(i));
  const quantization = scanned.map(component => tables.quantization[component.quantization]!);
  for (const bytes of pieces) {
    const count = restart === 0 ? left : Math.min(left, restart);
    left -= count;
    const last = scanned.map(() => 0);
    let at = 0;
    for (let unit = 0; unit < count; unit++) {
      for (let block = 0; block < order.length; block++) {
        const i = order[block]!;
        const { codesDc, codesAc } = scanned[i]!;
        const { short, long, longFrom } = codesAc;
        const steps = quantization[i]!;
        const bits = peek(bytes, at);
        const code = codeOf(codesDc, bits);
        const size = code & 255;
        at += code >> 8;
        if (size > 0) {
          const value = peek(bytes, at) >> (16 - size);
          last[i]! += value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
          at += size;
        }
        let sum = 0;
        let energy = 0;
        const begin = at;
        for (let k = 1; k < 64; k++) {
          const bits = peek(bytes, at);
          const code = short[bits >> (16 - SHORT)]! || long[bits - longFrom]!;
          const size = code & 15;
          at += (code >> 8) + size;
          if (size === 0) {
            if ((code & 255) !== 0xf0) break;
            k += 15;
          } else {
            k += (code & 255) >> 4;
            const most = steps[k]! * (1 << size);
            sum += most;
            energy += most * most;
          }
        }
        const dc = last[i]! * steps[0]!;
        if (Math.abs(dc) + 2 * sum < 8 * FARTHEST || dc * dc + energy < FARTHEST ** 2) continue;
        if (blockLeavesRange(dc, bytes, begin, codesAc, steps)) return true;
      }
    }
  }
  return false;
}

/** Where the coefficients lie in a block, row by row, in their order in the file. */
const ZIGZAG: readonly number[] = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57,
  50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/** The inverse cosine transform in one direction: weights of the coefficient u in the sample x, at 8 x + u. */
const WEIGHTS = Float64Array.from({ length: 64 }, (_, i) => {
  const u = i % 8;
  return (u === 0 ? Math.SQRT1_2 : Math.cos(((2 * Math.floor(i / 8) + 1) * u * Math.PI) / 16)) / 2;
});

/** Coefficients of one block, row by row. */
const block = new Float64Array(64);

/** Whether a block has samples out of range. Its coefficients but the first begin at a bit. */
function blockLeavesRange(dc: number, bytes: Uint8Array, at: number, codes: Codes, steps: Uint16Array): boolean {
  block.fill(0);
  block[0] = dc;
  // No sample is larger than the root of this: the transform keeps it.
  let energy = dc * dc;
  for (let k = 1; k < 64; k++) {
    const code = codeOf(codes, peek(bytes, at));
    const size = code & 15;
    at += code >> 8;
    k += (code & 255) >> 4;
    if (size === 0) {
      if ((code & 255) !== 0xf0) break;
      continue;
    }
    const value = peek(bytes, at) >> (16 - size);
    const coefficient = (value < 1 << (size - 1) ? value - (1 << size) + 1 : value) * steps[k]!;
    block[ZIGZAG[k] ?? 63] = coefficient;
    energy += coefficient * coefficient;
    at += size;
  }
  return energy >= FARTHEST ** 2 && transposed(transposed(block)).some(sample => Math.abs(sample) >= FARTHEST);
}

/** The rows of a block transformed, as columns. */
function transposed(block: Float64Array): Float64Array {
  const result = new Float64Array(64);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += WEIGHTS[8 * x + u]! * block[8 * y + u]!;
      result[8 * x + y] = sum;
    }
  }
  return result;
}

/** The 16 bits that begin at a bit. */
function peek(bytes: Uint8Array, at: number): number {
  const i = at >> 3;
  return (((bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!) >> (8 - (at & 7))) & 0xffff;
}
