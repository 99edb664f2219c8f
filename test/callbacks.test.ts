import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvHeader } from '../src/formats/csv.js';
import type { Callback, Logs, Run } from '../src/nn/callbacks/callback.js';
import { EarlyStopping } from '../src/nn/callbacks/early_stopping.js';
import { ModelCheckpoint } from '../src/nn/callbacks/model_checkpoint.js';
import { ReduceLrOnPlateau } from '../src/nn/callbacks/reduce_lr_on_plateau.js';
import { csvLogger } from '../src/node/log_callbacks.js';
import { fixtureJson } from './helpers/shared.js';

interface Recorded {
  readonly kind: 'ModelCheckpoint' | 'EarlyStopping' | 'ReduceLROnPlateau';
  readonly options: Record<string, unknown>;
  readonly numbers: Record<string, number | null>[];
  readonly wanted: {
    readonly epochs: number;
    readonly saved: string[];
    readonly weights: number;
    readonly rates: number[];
    readonly text: string;
    readonly logs: Record<string, number | null>[];
  };
}

// Recorded from tf_keras 2.21 by fixtures/callbacks.py.
const recorded = fixtureJson<{ cases: Recorded[]; csv: { append: boolean; numbers: Logs[]; text: string }[] }>('callbacks.json');

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const NAN_AS_NULL = (logs: Record<string, number | null>): Logs =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [name, value ?? NaN]));

/** Tells a callback the numbers of epochs until it stops training, as fit() does. `model.weights` is the epoch's number. */
async function tell(callback: Callback, epochs: readonly Record<string, number | null>[]) {
  const model = {
    stopTraining: false,
    weights: 0,
    step: 0,
    compiled: { optimizer: { learningRate: 1e-3 }, metrics: ['acc'] },
    getWeights: async () => model.weights,
    setWeights: (weights: number) => {
      model.weights = weights;
    },
  };
  const run = { model, params: { epochs: epochs.length, steps: 1 }, hasValidation: true } as unknown as Run;
  const logs: Logs[] = [];
  const rates: number[] = [];
  await callback.onTrainBegin?.(run);
  for (const [epoch, numbers] of epochs.entries()) {
    const values = NAN_AS_NULL(numbers);
    model.weights = epoch + 1;
    await callback.onEpochBegin?.(epoch, run);
    await callback.onEpochEnd?.(epoch, values, run);
    logs.push(values);
    rates.push(model.compiled.optimizer.learningRate);
    if (model.stopTraining) break;
  }
  await callback.onTrainEnd?.(run);
  return { logs, rates, weights: model.weights };
}

describe("callbacks do what Keras' do", () => {
  test.each(recorded.cases.map((of, i) => [`${i} ${of.kind} ${JSON.stringify(of.options)}`, of] as const))('%s', async (_, of) => {
    const options = Object.fromEntries(Object.entries(of.options).map(([name, value]) => [camelCase(name), value]));
    const saved: string[] = [];
    let text = '';
    const print = (message: string): void => {
      text += `${message}\n`;
    };
    const save = async (filepath: string): Promise<void> => {
      saved.push(filepath);
    };
    const callback = {
      ModelCheckpoint: () => new ModelCheckpoint({ filepath: 'm-{epoch:03d}-{val_loss:.2f}', save, print, ...options }),
      EarlyStopping: () => new EarlyStopping({ print, ...options }),
      ReduceLROnPlateau: () => new ReduceLrOnPlateau({ print, ...options }),
    }[of.kind]();
    const { logs, rates, weights } = await tell(callback, of.numbers);
    expect(logs).toHaveLength(of.wanted.epochs);
    expect(saved).toEqual(of.wanted.saved);
    expect(weights).toBe(of.wanted.weights);
    expect(rates.map(Math.fround)).toEqual(of.wanted.rates);
    expect(logs).toEqual(of.wanted.logs.map(NAN_AS_NULL));
    // Rates are float32 in Keras' text and float64 in ours.
    const rateless = (message: string): string => message.replace(/rate to [\d.e-]+\d/g, 'rate');
    expect(rateless(text)).toBe(rateless(of.wanted.text));
  });

  test.each(recorded.csv.map((of, i) => [i, of] as const))('CSVLogger %i', async (_, { append, numbers, text }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wgrad-'));
    const file = join(folder, 'log.csv');
    if (append) await writeFile(file, 'epoch,acc,loss,val_acc,val_loss\r\n0,1.0,0.5,1.0,0.5\r\n');
    await tell(csvLogger(file, { append }), numbers);
    expect(await readFile(file, 'utf8')).toBe(text);
    await rm(folder, { recursive: true });
  });
});

test('names that hold what divides columns are written in quotes, as Python writes them', () => {
  expect(csvHeader(['loss', 'a,b', 'a "b"', '1'])).toBe('epoch,loss,"a,b","a ""b""",1\r\n');
});
