import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { readInspection } from '../../../inspect/bytes.js';
import type { Inspection } from '../../../inspect/types.js';
import { ROUTES } from '../../protocol.js';
import { requestBytes } from './api.js';
import { link } from './linked.js';
import { machine as computing, model, modelCount, run } from './live.js';
import { nameOf, type PictureChoice, pictureChoice, postOf, queryOf } from './picture.js';
import { params } from './route.js';
import { wantedLayers, wantsWeights } from './wanted_layers.js';

/** What computes: the engine in this page through navigator.gpu, or the Node process. */
export type Where = 'browser' | 'server';

export interface Inspected {
  readonly inspection: Inspection;
  readonly where: Where;
  /** Who computed, in words. */
  readonly machine: string;
  readonly ms: number;
  /** Layers whose tensors are all in it; undefined where all are. */
  readonly layers: readonly number[] | undefined;
}

export const inspected = signal<Inspected | undefined>(undefined);
export const inspectionTrouble = signal<string | undefined>(undefined);
/** What is being computed, in words; undefined where nothing is. */
export const inspecting = signal<string | undefined>(undefined);
/** Whether what is shown is of another picture than the one that is chosen, or of another model. */
export const isStale = signal(false);

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

/** The picture and model that are shown or computed, and that with the layers that were asked for. */
let shown = '';
let asked = '';
let latest = 0;

async function whereToCompute(): Promise<Where> {
  const wanted = params.value.engine;
  if (wanted === 'server' || link.isHere) return 'server';
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

/** What an inspection is to have: see ROUTES.inspect. */
interface Part {
  readonly layers: readonly number[] | undefined;
  readonly forward?: boolean;
  readonly withoutWeights?: boolean;
}

interface Question {
  readonly choice: PictureChoice;
  readonly label: number | undefined;
  readonly training: boolean;
}

async function compute({ choice, label, training }: Question, { layers, forward, withoutWeights }: Part): Promise<Inspected> {
  const begin = performance.now();
  /** Layers of which all is there then. */
  const found = forward || withoutWeights ? [] : layers;
  const where = await whereToCompute();
  if (where === 'browser') {
    const { inspectHere } = await import('../engine/inspect_here.js');
    const wanted = { layers, state: withoutWeights ? [] : undefined, forward: forward ?? false };
    const { inspection, machine } = await inspectHere(model.value!, choice, label, training, wanted);
    return { inspection, where, machine, ms: performance.now() - begin, layers: found };
  }
  const part = {
    layers: layers && (layers.join() || 'none'),
    forward: forward ? 1 : undefined,
    state: withoutWeights ? 'none' : undefined,
  };
  const bytes = await requestBytes(ROUTES.inspect, { ...queryOf(choice), label, training: training ? 1 : 0, ...part }, postOf(choice));
  const inspection = readInspection(ROUTES.inspect, bytes);
  return {
    inspection,
    where,
    machine: link.isHere ? (computing.value?.description ?? 'this browser') : 'the Node process',
    ms: performance.now() - begin,
    layers: found,
  };
}

/** Two parts of an inspection as one; the later alone where the model has learned between them. */
function together(before: Inspected | undefined, after: Inspected): Inspected {
  if (!before || before.inspection.optimizer.step !== after.inspection.optimizer.step) return after;
  const tensors = { ...before.inspection.tensors, ...after.inspection.tensors };
  const layers = before.layers && after.layers && [...new Set([...before.layers, ...after.layers])];
  return { ...after, inspection: { ...after.inspection, tensors }, ms: before.ms + after.ms, layers };
}

/** The layers that are wanted and not there. */
function missingIn(found: Inspected | undefined, wanted: readonly number[] | undefined): Part | undefined {
  if (!found) return { layers: wanted };
  if (!found.layers) return undefined;
  if (!wanted) return { layers: undefined };
  const missing = wanted.filter(layer => !found.layers!.includes(layer));
  return missing.length > 0 ? { layers: missing } : undefined;
}

/**
 * Computes what the address asks for, unless that is what is shown. Of a large network, what the view shows: first what is computed forward, then the rest
 * of its layers. One inspection is held at a time: of a large network it is large.
 */
export async function refresh(again = false): Promise<void> {
  const choice = pictureChoice.value;
  const { label, engine } = params.value;
  if (!choice || !model.value) {
    latest += 1;
    shown = '';
    asked = '';
    inspected.value = undefined;
    inspecting.value = undefined;
    return;
  }
  const file = choice.from === 'file' ? choice.file : undefined;
  const key = JSON.stringify([
    nameOf(choice),
    file?.size,
    choice.from === 'file' && choice.name,
    label,
    engine,
    isTraining.value,
    modelCount.value,
    standingStep(),
  ]);
  const wanted = wantedLayers.value;
  const all = `${key} ${wanted?.join()}`;
  if (all === asked && !again) return;
  asked = all;
  if (key !== shown || again) isStale.value = true;
  shown = key;
  const isNew = isStale.value;
  const missing = missingIn(isNew ? undefined : inspected.value, wanted);
  if (!missing) return;
  const part = { ...missing, withoutWeights: !wantsWeights.value };
  const ticket = ++latest;
  inspectionTrouble.value = undefined;
  const question = { choice, label: label === undefined ? undefined : Number(label), training: isTraining.value };
  const take = (found: Inspected): boolean => {
    if (ticket !== latest) return false;
    inspected.value = together(isStale.value ? undefined : inspected.value, found);
    isStale.value = false;
    return true;
  };
  try {
    inspecting.value = 'Computing…';
    if (part.layers && !take(await compute(question, { ...part, forward: true }))) return;
    if (ticket !== latest) return;
    if (isStale.value || missingIn(inspected.value, part.layers)) {
      inspecting.value = isStale.value ? 'Computing…' : 'Computing gradients and weights…';
      take(await compute(question, part));
    }
  } catch (error) {
    if (ticket !== latest) return;
    inspectionTrouble.value = (error as Error).message;
    inspected.value = undefined;
  } finally {
    if (ticket === latest) inspecting.value = undefined;
  }
}

/** The inspection of what the address asks for, computed when it changes. */
export function useInspection(): Inspected | undefined {
  const choice = pictureChoice.value;
  const { label, engine } = params.value;
  const training = isTraining.value;
  const step = standingStep();
  const wanted = wantedLayers.value?.join();
  useEffect(() => {
    void refresh();
  }, [choice && nameOf(choice), choice?.from === 'file' && choice.file, label, engine, training, modelCount.value, step, wanted]);
  return inspected.value;
}
