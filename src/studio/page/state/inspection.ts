import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { readInspection } from '../../../inspect/bytes.js';
import type { Inspection } from '../../../inspect/types.js';
import { ROUTES } from '../../protocol.js';
import { requestBytes } from './api.js';
import { model, run } from './live.js';
import { nameOf, type PictureChoice, pictureChoice, postOf, queryOf } from './picture.js';
import { params } from './route.js';

/** What computes: the engine in this page through navigator.gpu, or the Node process. */
export type Where = 'browser' | 'server';

export interface Inspected {
  readonly inspection: Inspection;
  readonly where: Where;
  /** Who computed, in words. */
  readonly machine: string;
  readonly ms: number;
}

export const inspected = signal<Inspected | undefined>(undefined);
export const inspectionTrouble = signal<string | undefined>(undefined);
export const inspecting = signal(false);

/** Why the engine in this page can't be used; undefined where it can, or before that is known. */
export const browserTrouble = signal<string | undefined>(undefined);

/** Whether dropout drops, as in training. */
export const isTraining = computed(() => params.value.training === '1');

/** The step at which the run last stood still: what is shown is computed anew there, but not after each step of a run that goes on. */
let stoodAt = 0;

function standingStep(): number {
  const { state, step = 0 } = run.value ?? {};
  if (state !== 'running' && state !== 'loading') stoodAt = step;
  return stoodAt;
}

let shown = '';
let latest = 0;

async function whereToCompute(): Promise<Where> {
  const wanted = params.value.engine;
  if (wanted === 'server') return wanted;
  const { findAdapter } = await import('../engine/device.js');
  const found = await findAdapter();
  browserTrouble.value = found.trouble;
  if (!found.isThere) {
    if (wanted === 'browser') throw new Error(found.trouble);
    return 'server';
  }
  // A browser's software adapter has no tuned kernels and shares the page's cores: the server is faster, unless one insists.
  return wanted === 'browser' || !found.isSoftware ? 'browser' : 'server';
}

async function compute(choice: PictureChoice, label: number | undefined, training: boolean): Promise<Inspected> {
  const begin = performance.now();
  const where = await whereToCompute();
  if (where === 'browser') {
    const { inspectHere } = await import('../engine/inspect_here.js');
    const { inspection, machine } = await inspectHere(model.value!, choice, label, training);
    return { inspection, where, machine, ms: performance.now() - begin };
  }
  const bytes = await requestBytes(ROUTES.inspect, { ...queryOf(choice), label, training: training ? 1 : 0 }, postOf(choice));
  const inspection = readInspection(ROUTES.inspect, bytes);
  return { inspection, where, machine: 'the Node process', ms: performance.now() - begin };
}

/** Computes what the address asks for, unless that is what is shown. One inspection is held at a time: of a large network it is large. */
export async function refresh(again = false): Promise<void> {
  const choice = pictureChoice.value;
  const { label, engine } = params.value;
  if (!choice || !model.value) return;
  const file = choice.from === 'file' ? choice.file : undefined;
  const key = JSON.stringify([
    nameOf(choice),
    file?.size,
    choice.from === 'file' && choice.name,
    label,
    engine,
    isTraining.value,
    model.value.from,
    standingStep(),
  ]);
  if (key === shown && !again) return;
  shown = key;
  const ticket = ++latest;
  inspecting.value = true;
  inspectionTrouble.value = undefined;
  try {
    const result = await compute(choice, label === undefined ? undefined : Number(label), isTraining.value);
    if (ticket === latest) inspected.value = result;
  } catch (error) {
    if (ticket !== latest) return;
    inspectionTrouble.value = (error as Error).message;
    inspected.value = undefined;
  } finally {
    if (ticket === latest) inspecting.value = false;
  }
}

/** The inspection of what the address asks for, computed when it changes. */
export function useInspection(): Inspected | undefined {
  const choice = pictureChoice.value;
  const { label, engine } = params.value;
  const training = isTraining.value;
  const from = model.value?.from;
  const step = standingStep();
  useEffect(() => {
    void refresh();
  }, [choice && nameOf(choice), choice?.from === 'file' && choice.file, label, engine, training, from, step]);
  return inspected.value;
}
