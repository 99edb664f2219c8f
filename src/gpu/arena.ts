import { TooLargeError } from '../engine/executor.js';

const USAGE_FLAGS = (): number => GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** Bytes by which a binding's size must be divisible. */
const ALIGNMENT = 16;

/** Where a tensor or a variable lies; how long it is, it knows itself. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  /** Bytes before it. */
  readonly offset: number;
}

/**
 * The buffers of one device, counted. Values between kernels lie in slots that all plans share, since plans never run at the same time.
 */
export class Arena {
  readonly #device: GPUDevice;
  /** Buffers of slots, and how many plans use each. */
  readonly #slots = new Map<GPUBuffer, number>();
  #bytes = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes in buffers made and not destroyed, and how many of them there are. */
  get live(): { readonly bytes: number; readonly buffers: number } {
    return { bytes: this.#bytes, buffers: this.#buffers };
  }

  /** The most bytes that were live at once. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** A zeroed buffer of at least `bytes`. */
  buffer(label: string, bytes: number, usage = USAGE_FLAGS()): GPUBuffer {
    const size = Math.ceil(Math.max(bytes, 4) / ALIGNMENT) * ALIGNMENT;
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const limit = usage & GPUBufferUsage.STORAGE ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (size > limit) {
      const mib = (value: number): string => `${(value / 2 ** 20).toFixed(1)} MiB`;
      throw new TooLargeError(
        `${label} needs a buffer of ${mib(size)}, this adapter binds at most ${mib(limit)}: use smaller images or a smaller batch`,
      );
    }
    this.#bytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    this.#buffers += 1;
    return this.#device.createBuffer({ label, size, usage });
  }

  destroy(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    this.#buffers -= 1;
    buffer.destroy();
  }

  /** Buffers for a plan's slots, whose sizes come largest first: the smallest that fit of those that other plans have, else new ones. */
  take(sizes: readonly number[]): GPUBuffer[] {
    const taken = new Set<GPUBuffer>();
    for (const bytes of sizes) {
      const fitting = [...this.#slots.keys()]
        .filter(buffer => buffer.size >= bytes && !taken.has(buffer))
        .sort((a, b) => a.size - b.size)[0];
      const buffer = fitting ?? this.buffer(`slot of ${bytes} bytes`, bytes);
      this.#slots.set(buffer, (this.#slots.get(buffer) ?? 0) + 1);
      taken.add(buffer);
    }
    return [...taken];
  }

  /** Gives a plan's slots back; those that no other plan uses are destroyed. */
  giveBack(buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) {
      const users = this.#slots.get(buffer)! - 1;
      this.#slots.set(buffer, users);
      if (users > 0) continue;
      this.#slots.delete(buffer);
      this.destroy(buffer);
    }
  }
}
