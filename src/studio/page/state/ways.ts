import { signal } from '@preact/signals';
import { type ConvolutionsInfo, ROUTES } from '../../protocol.js';
import type { PatchWay } from '../lessons/compute/winograd_patch.js';
import { requestJson } from './api.js';

/** The patch that is shown, by each way. */
export const patched = signal<readonly PatchWay[] | undefined>(undefined);

/** A convolution that the studio's adapter was timed with. */
export const timedWays = signal<ConvolutionsInfo | undefined>(undefined);
export const timing = signal<'idle' | 'timing' | 'failed'>('idle');
export const timingTrouble = signal('');

let latest = 0;

/** Has the other side compute and time a convolution by each way. */
export async function timeWays(side: number, channels: number): Promise<void> {
  const ticket = ++latest;
  timing.value = 'timing';
  try {
    const found = await requestJson<ConvolutionsInfo>(ROUTES.convolutions, { side, channels });
    if (ticket !== latest) return;
    timedWays.value = found;
    timing.value = 'idle';
  } catch (error) {
    if (ticket !== latest) return;
    timingTrouble.value = (error as Error).message;
    timing.value = 'failed';
  }
}
