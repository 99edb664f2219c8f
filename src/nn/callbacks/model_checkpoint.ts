import { checkFileTemplate } from '../file_template.js';
import { metricKey } from '../metrics.js';
import { pythonFormat } from '../python_format.js';
import { formatFloat } from '../python_number.js';
import type { Callback, Logs, Run } from './callback.js';
import type { Mode, Print } from './monitor.js';

export interface ModelCheckpointOptions {
  /**
   * Template of the file's path: {epoch} counts from 1, and every number of the epoch's logs may stand in it, as in '{val_loss:.2f}'. One that can name no
   * file, or a number that fit() does not give, is refused before the first step.
   */
  readonly filepath: string;
  /** Writes the model to a file. */
  readonly save: (filepath: string, run: Run) => Promise<void>;
  /** Default 'val_loss'. */
  readonly monitor?: string;
  readonly saveBestOnly?: boolean;
  /** 'auto': higher is better where the monitor's name has 'acc' in it or begins with 'fmeasure'. */
  readonly mode?: Mode;
  /** What counts as best so far; default none. */
  readonly initialValueThreshold?: number;
  /** Told what Keras prints with verbose=1. */
  readonly print?: Print;
}

const digits = (value: number): string => formatFloat(value, '.5f');

/** Keras' ModelCheckpoint: saves the model after each epoch, or after those that are better than all before. */
export class ModelCheckpoint implements Callback {
  /** The best value of the monitor so far. */
  best: number;
  readonly readsModel = true;
  readonly #options: ModelCheckpointOptions;
  readonly #better: (current: number, best: number) => boolean;

  constructor(options: ModelCheckpointOptions) {
    const { monitor = 'val_loss', mode = 'auto', initialValueThreshold } = options;
    const max = mode === 'max' || (mode === 'auto' && (monitor.includes('acc') || monitor.startsWith('fmeasure')));
    this.#options = options;
    // NaN is better than nothing, and nothing is better than NaN.
    this.#better = max ? (current, best) => current > best : (current, best) => current < best;
    this.best = initialValueThreshold ?? (max ? -Infinity : Infinity);
  }

  onTrainBegin({ model, hasValidation }: Run): void {
    const scores = ['loss', ...model.compiled.metrics.map(metricKey)];
    checkFileTemplate(this.#options.filepath, [...scores, ...(hasValidation ? scores.map(name => `val_${name}`) : [])]);
  }

  async onEpochEnd(epoch: number, logs: Logs, run: Run): Promise<void> {
    const { filepath: template, save, monitor = 'val_loss', saveBestOnly, print } = this.#options;
    const filepath = pythonFormat(template, { epoch: epoch + 1, ...logs });
    const head = `\nEpoch ${epoch + 1}: `;
    if (!saveBestOnly) {
      print?.(`${head}saving model to ${filepath}`);
      await save(filepath, run);
      return;
    }
    const current = logs[monitor];
    if (current === undefined) {
      print?.(`Can save best model only with ${monitor} available, skipping.`);
      return;
    }
    if (!this.#better(current, this.best)) {
      print?.(`${head}${monitor} did not improve from ${digits(this.best)}`);
      return;
    }
    print?.(`${head}${monitor} improved from ${digits(this.best)} to ${digits(current)}, saving model to ${filepath}`);
    this.best = current;
    await save(filepath, run);
  }
}

/** Saves the model at the end of epochs: see ModelCheckpoint. */
export function modelCheckpoint(options: ModelCheckpointOptions): ModelCheckpoint {
  return new ModelCheckpoint(options);
}
