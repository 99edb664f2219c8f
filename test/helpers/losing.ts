import { afterEach } from 'vitest';
import { globals } from 'webgpu';

/** What a driver says of a device that it lost by itself. */
const REASON = 'VK_ERROR_DEVICE_LOST';

/** Loses devices: each one that is opened is lost at a submission that `next` names, counted from 1 over all devices. */
export interface Losing {
  /** Submissions so far. */
  readonly submissions: number;
  /** Devices lost so far. */
  readonly losses: number;
  /** Loses the device at these submissions, counted from now. */
  loseAt(...submissions: number[]): void;
  /** Loses the device now. */
  lose(): void;
  /** Whether another can be had. */
  isGone: boolean;
}

/** Takes over what WebGPU's adapters give for the tests of a file. A device that is lost says that the driver lost it. */
export function useLosing(): Losing {
  const { prototype } = (globals as { readonly GPUAdapter: { readonly prototype: GPUAdapter } }).GPUAdapter;
  const requestDevice = prototype.requestDevice;
  let due: number[] = [];
  let device: GPUDevice | undefined;
  const state = { submissions: 0, losses: 0, isGone: false };
  const lose = (): void => {
    state.losses += 1;
    device?.destroy();
  };
  prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
    if (state.isGone) throw new Error('the driver does not answer');
    const opened = await requestDevice.call(this, descriptor);
    device = opened;
    const lost = opened.lost.then(() => ({ reason: 'unknown', message: REASON }));
    Object.defineProperty(opened, 'lost', { value: lost });
    const { queue } = opened;
    const submit = queue.submit;
    Object.defineProperty(opened, 'queue', {
      value: new Proxy(queue, {
        get: (target, name) => {
          if (name !== 'submit') {
            const value = Reflect.get(target, name);
            return typeof value === 'function' ? value.bind(target) : value;
          }
          return (buffers: GPUCommandBuffer[]) => {
            submit.call(target, buffers);
            state.submissions += 1;
            if (!due.includes(state.submissions)) return;
            due = due.filter(each => each !== state.submissions);
            lose();
          };
        },
      }),
    });
    return opened;
  };
  afterEach(() => {
    due = [];
    state.isGone = false;
  });
  return {
    get submissions() {
      return state.submissions;
    },
    get losses() {
      return state.losses;
    },
    get isGone() {
      return state.isGone;
    },
    set isGone(value) {
      state.isGone = value;
    },
    loseAt: (...submissions) => {
      due = submissions.map(each => state.submissions + each);
    },
    lose,
  };
}
