import type { Command } from 'commander';
import { verifyStep } from '../check/verify.js';
import type { ImageIterator } from '../data/iterator.js';
import type { Executor } from '../engine/executor.js';
import type { Callback } from '../nn/callbacks/callback.js';
import type { Sequential } from '../nn/model.js';
import { ProgressBar } from '../nn/progress.js';
import { pathSource } from '../node/model_source.js';
import { note } from '../node/terminal.js';
import { withAugmentation } from '../run/augmentation_file.js';
import type { CheckedRun, ReadyRun } from '../run/compiling.js';
import { noteParts, withExecutor } from '../run/device.js';
import { DiskStore } from '../run/disk_store.js';
import { inFolder } from '../run/folder.js';
import type { OpenedExecutor } from '../run/opened.js';
import type { TrainOptions } from '../run/options.js';
import { type Begin, beginOf } from '../run/origin.js';
import { checkRun, readyRun } from '../run/readying.js';
import { trainRun } from '../run/training.js';
import { VALIDATION_NAMES, WANTED } from '../run/validation.js';
import { action, printJson } from './common.js';
import { addRunOptions } from './options.js';
import { Profiler } from './profile.js';
import { JsonProgress, PlainProgress } from './progress.js';
import { interruptOnSignal } from './signals.js';
import { STOPPED_BY_PAGE, watchInStudio } from './studio_watch.js';

export function addTrain(program: Command): void {
  const command = program.command('train').description('train the face-mask network on folders of images, one subfolder per class');
  const options = addRunOptions(command);
  command.action(
    action(async () => {
      const { resume, ...given } = options.values();
      // What goes on from a checkpoint may have it from there.
      if (resume === undefined && VALIDATION_NAMES.every(name => given[name] === undefined)) {
        command.error(`error: nothing says which images the run is judged by: ${WANTED}`);
      }
      const { options: all, isGiven } = await withAugmentation(options.values(), options.isGiven);
      await train(await beginOf(all, isGiven, pathSource));
    }),
  );
}

/** Trains as the options say. Exits 130 after Ctrl-C, with everything saved to go on from. */
export async function train(begin: Begin): Promise<void> {
  const checked = await checkRun(begin, printFor(begin.options));
  await inFolder(checked.options, () => trainChecked(checked));
}

/** Trains in a folder that the run has to itself. */
export async function trainChecked(checked: CheckedRun, callbacks: readonly Callback[] = []): Promise<void> {
  const { options } = checked;
  const print = printFor(options);
  await withExecutor(options, async (executor, device) => {
    const ready = await readyRun(checked, executor, print);
    const { model, data, validation } = ready;
    if (options.verify) await verify(model, data, executor, print);
    await noteParts(model, 'train', data);
    await run(ready, device, callbacks);
    await model.close();
    await Promise.all([data.close(), validation.close()]);
  });
}

/** Writes lines for people: beside JSON, to stderr. */
export const printFor = ({ json }: Pick<TrainOptions, 'json'>): ((line: string) => void) => (json ? note : line => console.log(line));

async function verify(model: Sequential, data: ImageIterator, executor: Executor, print: (line: string) => void): Promise<void> {
  const results = await verifyStep(model, data, executor, ({ name, error, ok }) =>
    print(`${ok ? 'ok   ' : 'WRONG'} ${name}: error ${error.toExponential(1)}`),
  );
  const wrong = results.find(result => !result.ok);
  if (wrong) throw new Error(`the first kernel to differ from the CPU reference is ${wrong.name}: ${wrong.detail}`);
  print(`All ${results.length} kernels of the first step agree with the CPU reference.`);
}

async function run(ready: ReadyRun, device: OpenedExecutor, callbacks: readonly Callback[]): Promise<void> {
  const { options, model, data } = ready;
  const { executor } = device;
  const profiler = options.profile ? await Profiler.start(model, data, executor) : undefined;
  const interrupt = new AbortController();
  const ignoreSignals = interruptOnSignal(interrupt);
  const studio = options.studio ? await watchInStudio(ready, device, interrupt) : undefined;
  try {
    const { history, last } = await trainRun(ready, executor, new DiskStore(options.out), {
      signal: interrupt.signal,
      callbacks: [...callbacks, ...(profiler ? [profiler] : [])],
      lastCallbacks: [...(studio ? [studio.callback] : []), progress(options)],
    });
    await profiler?.report({ json: Boolean(options.json), file: typeof options.profile === 'string' ? options.profile : undefined });
    if (history.interrupted) note(`Saved. Resume with --resume ${last}`);
    else if (options.json)
      printJson({
        event: 'end',
        epochs: history.epoch.length,
        steps: model.step,
        best_val_loss: Math.min(...(history.history.val_loss ?? [])),
        out: options.out,
      });
    else console.log(`Checkpoints and history are in ${options.out}`);
    if (history.interrupted && interrupt.signal.reason !== STOPPED_BY_PAGE) process.exitCode = 130;
    else if (studio) {
      ignoreSignals();
      await studio.untilSignal(history.interrupted);
    }
  } finally {
    await studio?.close();
    ignoreSignals();
  }
}

function progress({ json }: TrainOptions): ProgressBar | JsonProgress | PlainProgress {
  if (json) return new JsonProgress();
  if (!process.stdout.isTTY) return new PlainProgress();
  return new ProgressBar({ write: text => process.stdout.write(text), verbose: 1, dynamic: true });
}
