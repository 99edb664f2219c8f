import { countOnes, type Hash, hashOf, mirroredHash } from './perceptual_hash.js';
import { SIGNATURE_SIZE } from './signature.js';

/** Bits of 63 in which the hashes of two that are compared may differ: of 963 near-duplicates among photographs, 2 differ in more. */
const MOST_BITS = 14;

/** Parts of a hash, bits of the longest, and bits in which one of them differs at most where all do in MOST_BITS: 5 * 3 are more. */
const PARTS = 5;
const PART_BITS = 13;
const PART_DIFFERENCE = 2;

/** A row whose hash is near. */
export interface Candidate {
  readonly row: number;
  /** In which it differs. */
  readonly bits: number;
  readonly isMirrored: boolean;
}

/** Rows by a part of their hashes. */
interface Bins {
  /** For each value, where its rows begin; one more for the end. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** What to change a part by so that it differs in at most PART_DIFFERENCE bits. */
const NEAR = Array.from({ length: 2 ** PART_BITS }, (_, change) => change).filter(change => countOnes(change) <= PART_DIFFERENCE);

/**
 * Finds the hashes near another without looking at each: two that differ in few bits are alike, but for PART_DIFFERENCE bits, in one of their parts.
 * Source: Norouzi, Punjani and Fleet, Fast search in Hamming space with multi-index hashing, 2012
 */
export class HashIndex {
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #bins: readonly Bins[];
  /** Of each row, the last question for which it was looked at. */
  readonly #seen: Int32Array;
  #questions = 0;

  /** Of signatures, one after another. */
  constructor(signatures: Uint8Array) {
    const count = signatures.length / SIGNATURE_SIZE;
    this.#low = new Int32Array(count);
    this.#high = new Int32Array(count);
    for (let row = 0; row < count; row++) {
      [this.#low[row], this.#high[row]] = hashOf(signatures.subarray(row * SIGNATURE_SIZE, (row + 1) * SIGNATURE_SIZE));
    }
    this.#bins = Array.from({ length: PARTS }, (_, part) => this.#binsOf(part));
    this.#seen = new Int32Array(count);
  }

  /** Rows whose hashes are near a signature's or its mirror's, the `most` nearest, the nearest first. */
  nearest(signature: Uint8Array, most: number): readonly Candidate[] {
    const found: Candidate[] = [];
    const hash = hashOf(signature);
    this.#look(hash, false, most, found);
    this.#look(mirroredHash(hash), true, most, found);
    return found;
  }

  #binsOf(part: number): Bins {
    const count = this.#low.length;
    const starts = new Int32Array(2 ** PART_BITS + 1);
    const binOf = (row: number): number => partOf([this.#low[row]!, this.#high[row]!], part);
    for (let row = 0; row < count; row++) starts[binOf(row) + 1]! += 1;
    for (let value = 0; value < 2 ** PART_BITS; value++) starts[value + 1]! += starts[value]!;
    const next = starts.slice();
    const rows = new Int32Array(count);
    for (let row = 0; row < count; row++) rows[next[binOf(row)]!++] = row;
    return { starts, rows };
  }

  #look(hash: Hash, isMirrored: boolean, most: number, found: Candidate[]): void {
    const [low, high] = hash;
    this.#questions += 1;
    for (const [part, { starts, rows }] of this.#bins.entries()) {
      const value = partOf(hash, part);
      for (const change of NEAR) {
        const end = starts[(value ^ change) + 1]!;
        for (let at = starts[value ^ change]!; at < end; at++) {
          const row = rows[at]!;
          if (this.#seen[row] === this.#questions) continue;
          this.#seen[row] = this.#questions;
          const bits = countOnes(this.#low[row]! ^ low) + countOnes(this.#high[row]! ^ high);
          if (bits <= MOST_BITS) insert(found, { row, bits, isMirrored }, most);
        }
      }
    }
  }
}

/** Bits of a hash from the part's first on, 13 or, of the last ones, 12 or 11; the very first of all is always 0. */
function partOf([low, high]: Hash, part: number): number {
  const first = part * PART_BITS;
  const word = first >= 32 ? high >>> (first - 32) : first + PART_BITS <= 32 ? low >>> first : (low >>> first) | (high << (32 - first));
  return word & (2 ** PART_BITS - 1);
}

/** Takes a candidate where it is among the `most` nearest. */
function insert(found: Candidate[], candidate: Candidate, most: number): void {
  if (found.length === most && !isNearer(candidate, found.at(-1)!)) return;
  const at = found.findIndex(other => isNearer(candidate, other));
  found.splice(at < 0 ? found.length : at, 0, candidate);
  found.length = Math.min(found.length, most);
}

/** Of those that are as near, the first row. */
const isNearer = (a: Candidate, b: Candidate): boolean => a.bits < b.bits || (a.bits === b.bits && a.row < b.row);
