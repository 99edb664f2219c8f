import { DeviceLostError } from '../engine/executor.js';
import { Arena } from './arena.js';
import { KernelCache } from './kernel.js';
import { Pacer } from './pacer.js';
import type { ShaderSource } from './shader.js';

/** How long a failed call waits to hear that its device was lost, in milliseconds: drivers may tell of the call first. */
const HEAR_MS = 1000;

/** A device and everything that is made on it: when it is lost, all of that is gone. */
export class LiveDevice {
  readonly device: GPUDevice;
  readonly kernels: KernelCache;
  readonly arena: Arena;
  readonly pacer: Pacer;
  readonly #description: string;
  readonly #lost: Promise<void>;
  #failure: Error | undefined;
  #isDestroyed = false;

  constructor(device: GPUDevice, description: string, shaders: ShaderSource, subgroupSize: number) {
    this.device = device;
    this.#description = description;
    this.kernels = new KernelCache(device, shaders, subgroupSize);
    this.arena = new Arena(device);
    this.pacer = new Pacer(device, this.arena);
    device.onuncapturederror = ({ error }) => {
      this.#failure ??= new Error(`GPU (${description}): ${error.message}`);
    };
    this.#lost = device.lost.then(({ message }) => {
      if (this.#isDestroyed) return;
      this.#failure = new DeviceLostError(description, message.trim());
      this.pacer.fail(this.#failure);
    });
  }

  get isLost(): boolean {
    return this.#failure instanceof DeviceLostError;
  }

  /** What the driver said when it was lost; may be empty. */
  get reason(): string {
    return this.#failure instanceof DeviceLostError ? this.#failure.reason : '';
  }

  /** Throws what went wrong on the device. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Does work on the device. Throws what went wrong on it, in words: where a device is lost, what is under way fails with empty messages. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      const result = await work();
      this.check();
      return result;
    } catch (error) {
      if (!isOfWebGpu(error) && !isOfWebGpu((error as Error).cause)) throw error;
      await this.#hear();
      this.check();
      if ((error as Error).message) throw error;
      throw new Error(`GPU (${this.#description}): it gave up what it was asked for (${(error as Error).name})`, { cause: error });
    }
  }

  /** Ends the device; nothing that is made on it can be used again. */
  destroy(): void {
    // Dawn for Node crashes now and then where a device is ended that is lost or has ended.
    const isOver = this.#isDestroyed || this.isLost;
    this.#isDestroyed = true;
    this.#failure ??= new Error(`GPU (${this.#description}): it is closed`);
    if (!isOver) this.device.destroy();
  }

  #hear(): Promise<void> {
    if (this.#failure) return Promise.resolve();
    return new Promise(resolve => {
      const limit = setTimeout(resolve, HEAR_MS);
      void this.#lost.then(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }
}

/** What WebGPU rejects with, where a device is lost among others. */
const NAMES = ['AbortError', 'OperationError', 'InvalidStateError', 'GPUPipelineError'];

function isOfWebGpu(error: unknown): boolean {
  return error instanceof Error && (NAMES.includes(error.name) || error.message === '');
}
