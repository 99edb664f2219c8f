/** Places for pictures in memory that threads share. They lie in blocks of as many each, so that there can be more of them later. */
export class SharedPlaces {
  /** Bytes of a picture. */
  readonly size: number;
  readonly perBlock: number;
  readonly blocks: Uint8Array<SharedArrayBuffer>[];

  constructor(size: number, perBlock: number, blocks: readonly Uint8Array<SharedArrayBuffer>[] = []) {
    this.size = size;
    this.perBlock = perBlock;
    this.blocks = [...blocks];
  }

  /** The bytes of a place. */
  at(place: number): Uint8Array {
    const start = (place % this.perBlock) * this.size;
    return this.blocks[Math.floor(place / this.perBlock)]!.subarray(start, start + this.size);
  }

  /** A block more, which other threads are to be told of. */
  addBlock(): Uint8Array<SharedArrayBuffer> {
    const block = new Uint8Array(new SharedArrayBuffer(this.perBlock * this.size));
    this.blocks.push(block);
    return block;
  }
}
