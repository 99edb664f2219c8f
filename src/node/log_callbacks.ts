import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { csvColumns, csvHeader, csvRow } from '../formats/csv.js';
import { scalarEvent, versionEvent } from '../formats/tfevents.js';
import type { Callback, Logs, Run } from '../nn/callbacks/callback.js';

/** Keras' CSVLogger: a line an epoch, in a file that begins anew with each training unless `append` is set. */
export function csvLogger(filename: string, { append = false }: { readonly append?: boolean } = {}): Callback {
  let columns: string[] | undefined;
  let wantsHeader = true;
  return {
    onTrainBegin: async () => {
      await mkdir(dirname(filename), { recursive: true });
      const before = append ? await readFile(filename, 'utf8').catch(() => '') : '';
      wantsHeader = before === '';
      columns = undefined;
      if (wantsHeader) await writeFile(filename, '');
    },
    onEpochEnd: async (epoch, logs) => {
      const header = columns === undefined && wantsHeader;
      columns ??= csvColumns(logs);
      await appendFile(filename, (header ? csvHeader(columns) : '') + csvRow(epoch, columns, logs));
    },
  };
}

/** Keras' TensorBoard: epoch_loss and the metrics in event files under logDir/train and logDir/validation, and the validation's against the steps. */
export function tensorBoard(logDir: string): Callback {
  const files = new Map<string, string>();
  const write = async (part: 'train' | 'validation', step: number, values: Readonly<Logs>): Promise<void> => {
    const seconds = Date.now() / 1000;
    let file = files.get(part);
    if (!file) {
      file = join(logDir, part, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${files.size}.v2`);
      files.set(part, file);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, versionEvent(seconds));
    }
    for (const [tag, value] of Object.entries(values)) await appendFile(file, scalarEvent(seconds, step, tag, value));
  };
  const renamed = (logs: Readonly<Logs>, rename: (name: string) => string | undefined): Logs =>
    Object.fromEntries(Object.entries(logs).flatMap(([name, value]) => (rename(name) === undefined ? [] : [[rename(name), value]])));
  const isValidation = (name: string): boolean => name.startsWith('val_');
  return {
    onTestEnd: async (logs: Readonly<Logs>, { model }: Run) => {
      const tag = (name: string): string | undefined => (isValidation(name) ? `evaluation_${name.slice(4)}_vs_iterations` : undefined);
      await write('validation', model.step, renamed(logs, tag));
    },
    onEpochEnd: async (epoch, logs) => {
      await write(
        'train',
        epoch,
        renamed(logs, name => (isValidation(name) ? undefined : `epoch_${name}`)),
      );
      const validation = renamed(logs, name => (isValidation(name) ? `epoch_${name.slice(4)}` : undefined));
      if (Object.keys(validation).length > 0) await write('validation', epoch, validation);
    },
  };
}
