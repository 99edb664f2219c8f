import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Arena } from '../src/gpu/arena.js';
import { type Pace, Pacer } from '../src/gpu/pacer.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  vi.stubGlobal('GPUBufferUsage', { COPY_SRC: 4, COPY_DST: 8, MAP_READ: 1, STORAGE: 128 });
  vi.stubGlobal('GPUMapMode', { READ: 1 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A device whose runs take as long as it is told, one after another; it counts when it idles and how long mappings are pending. */
class FakeDevice {
  readonly limits = { maxBufferSize: 2 ** 20, maxStorageBufferBindingSize: 2 ** 20 };
  readonly queue = { submit: (): void => void this.#run() };
  /** Milliseconds of the next run. */
  duration = 0;
  /** When the last run ends. */
  end = 0;
  idleMs = 0;
  pendingMs = 0;
  fences = 0;
  #copied: FakeBuffer | undefined;

  createBuffer({ size }: { readonly size: number }): FakeBuffer {
    return new FakeBuffer(this, size);
  }

  createCommandEncoder() {
    return {
      copyBufferToBuffer: (_: unknown, __: number, to: FakeBuffer): void => {
        this.#copied = to;
        this.fences += 1;
      },
      finish: () => undefined,
    };
  }

  #run(): void {
    const now = performance.now();
    this.idleMs += Math.max(0, now - this.end);
    this.end = Math.max(this.end, now) + this.duration;
    if (this.#copied) this.#copied.readyAt = this.end;
    this.#copied = undefined;
  }
}

class FakeBuffer {
  readyAt = 0;
  readonly size: number;
  readonly #device: FakeDevice;
  #giveUp: (() => void) | undefined;

  constructor(device: FakeDevice, size: number) {
    this.#device = device;
    this.size = size;
  }

  mapAsync(): Promise<void> {
    const asked = performance.now();
    return new Promise<void>((resolve, reject) => {
      const settle = (then: () => void): void => {
        this.#device.pendingMs += performance.now() - asked;
        this.#giveUp = undefined;
        then();
      };
      const giveUp = (): void => settle(() => reject(new Error('unmapped')));
      this.#giveUp = giveUp;
      setTimeout(() => this.#giveUp === giveUp && settle(resolve), Math.max(0, this.readyAt - asked));
    });
  }

  unmap(): void {
    this.#giveUp?.();
  }

  getMappedRange(): ArrayBuffer {
    return new ArrayBuffer(this.size);
  }

  destroy(): void {}
}

function setUp() {
  const device = new FakeDevice();
  const pacer = new Pacer(device as unknown as GPUDevice, new Arena(device as unknown as GPUDevice));
  const pace: Pace = { expected: 0, runs: 0 };
  const submit = (duration: number): void => {
    device.duration = duration;
    pacer.submit(device.createCommandEncoder() as unknown as GPUCommandEncoder, pace);
  };
  return { device, pacer, submit };
}

/** Lets work go on for as long as it takes. */
async function finish(work: Promise<void>): Promise<void> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  while (!isDone) await vi.advanceTimersByTimeAsync(1);
  return done;
}

/** 50 runs of `ms`, the first of `firstMs`, each followed by 1 ms of the host's work. */
function runs(ms: number, firstMs: number) {
  const { device, pacer, submit } = setUp();
  const work = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) {
      await pacer.ready();
      submit(i === 0 ? firstMs : ms);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    await pacer.idle();
  };
  return { device, work: work() };
}

test.each([
  [300, 3000],
  [20, 900],
  [4, 200],
])('runs of %d ms follow each other without a gap, though the first takes %d ms', async (ms, firstMs) => {
  const { device, work } = runs(ms, firstMs);
  const begin = performance.now();
  await finish(work);
  // What it idled before the first run is no gap.
  expect(device.idleMs - begin).toBeLessThan(0.01 * 50 * ms + 1);
  expect(device.end - begin).toBeLessThan(1.02 * (firstMs + 49 * ms) + 1);
});

test('short runs follow each other without a gap, though few of them are waited for one by one', async () => {
  const { device, pacer, submit } = setUp();
  const work = async (): Promise<void> => {
    for (let i = 0; i < 2000; i++) {
      await pacer.ready();
      submit(i === 0 ? 200 : 0.3);
    }
    await pacer.idle();
  };
  const begin = performance.now();
  await finish(work());
  expect(device.end - begin).toBeLessThan(1.02 * (200 + 1999 * 0.3));
  expect(performance.now()).toBeGreaterThanOrEqual(Math.floor(device.end));
  expect(device.fences).toBeLessThan(2000 / 4);
});

test('waiting is nearly all asleep: mappings are pending for a small share of long runs', async () => {
  const { device, work } = runs(300, 3000);
  await finish(work);
  expect(device.pendingMs).toBeLessThan(0.05 * (3000 + 49 * 300));
});

test('the end of a single run is seen soon, whatever was expected', async () => {
  const { device, pacer, submit } = setUp();
  const late: number[] = [];
  for (const ms of [3000, 300, 300, 300, 300, 600, 300, 300, 300, 300, 300]) {
    submit(ms);
    await finish(pacer.idle());
    late.push((performance.now() - device.end) / ms);
  }
  expect(Math.max(...late)).toBeLessThan(0.05);
});

test('who waits for all that was submitted does not hold up who waits for room', async () => {
  const { pacer, submit } = setUp();
  const order: string[] = [];
  submit(100);
  submit(100);
  const idle = pacer.idle().then(() => order.push('idle'));
  const ready = pacer.ready().then(() => order.push('ready'));
  await finish(Promise.all([idle, ready]).then(() => {}));
  expect(order).toEqual(['ready', 'idle']);
});

test('a mapping that fails reaches those who wait', async () => {
  const { device, pacer, submit } = setUp();
  vi.spyOn(FakeBuffer.prototype, 'mapAsync').mockRejectedValue(new Error('the device was lost'));
  submit(10);
  await expect(pacer.idle()).rejects.toThrow('the device was lost');
  expect(device.end).toBeGreaterThan(0);
  vi.restoreAllMocks();
});
