import type { Executor } from '../engine/executor.js';
import { Tuner } from '../gpu/tune.js';
import type { Sequential } from '../nn/model.js';
import { PREPARING, withRecovery } from '../nn/recovery.js';
import type { Source } from '../nn/source.js';
import type { Mode } from '../nn/trace.js';
import { openAdapter } from '../node/adapter.js';
import { note, StatusLine } from '../node/terminal.js';
import { TuneFile } from '../node/tune_store.js';
import { ReferenceExecutor } from '../reference/executor.js';
import type { OpenedExecutor } from './opened.js';

/** Options of the commands that compute. */
export interface DeviceOptions {
  readonly device?: 'gpu' | 'cpu';
  readonly adapter?: string;
  readonly variant?: string;
  readonly tune?: boolean;
}

/** Opens what computes and says in one line what it is; closes it when the work is done. */
export async function withExecutor<T>(
  options: DeviceOptions,
  work: (executor: Executor, opened: OpenedExecutor) => Promise<T>,
): Promise<T> {
  const opened = await openExecutor(options);
  const { executor } = opened;
  try {
    return await work(executor, opened);
  } finally {
    await executor.close();
  }
}

/** Opens what computes and says in one line what it is. `onTuning`: told of each kernel that is tried. */
export async function openExecutor(
  { device, adapter, variant, tune }: DeviceOptions,
  onTuning?: (text: string, done: number, total: number) => void,
): Promise<OpenedExecutor> {
  if (device === 'cpu') {
    note('Computing on the CPU reference: right, and slow.');
    const executor = new ReferenceExecutor();
    return {
      executor,
      machine: { description: executor.description, software: true },
      findings: async () => undefined,
      onNotice: () => {},
      untuned: work => work(),
    };
  }
  const status = new StatusLine();
  const tuner = new Tuner({
    store: new TuneFile(note),
    variant,
    tune,
    onProgress: (done, total, label) => {
      if (done < total) status.show(`Tuning kernels: ${done + 1} of ${total}, ${label}`);
      else status.clear();
      onTuning?.(`Tuning kernels: ${label}`, done, total);
    },
    onWrong: note,
  });
  const listeners: ((message: string) => void)[] = [note];
  const quick = new Tuner({ variant, tune: false });
  /** Works under way, one perhaps within another, that are not worth it. */
  let untuned = 0;
  const { executor, software } = await openAdapter({
    adapter,
    choose: (nodes, gpu) => (untuned > 0 ? quick : tuner).choose(nodes, gpu),
    onNotice: message => {
      status.clear();
      for (const listener of listeners) listener(message);
    },
  });
  if (!software) note(`GPU: ${executor.description}`);
  else if (executor.description.includes('SwiftShader')) {
    note(
      `No GPU found: computing on ${executor.description}. 'wgrad setup' gets a software adapter that is about 7 times faster (Debian, Ubuntu).`,
    );
  } else note(`No GPU found: computing on ${executor.description}.`);
  return {
    executor,
    machine: { description: executor.description, software },
    onNotice: listener => void listeners.push(listener),
    findings: async node => (await tuner.findingOf(node, executor))?.ms,
    untuned: async work => {
      untuned += 1;
      try {
        return await work();
      } finally {
        untuned -= 1;
      }
    },
  };
}

/** Says it where the device can't bind the tensors of whole batches, so that they are computed in parts. */
export async function noteParts(model: Sequential, mode: Mode, data: Source): Promise<void> {
  const { trace } = await withRecovery(model, PREPARING, () => model.compiled.plans.get(mode, data));
  const { parts } = trace;
  if (parts.length === 1) return;
  const sizes = [...new Set(parts.map(({ part }) => part.size))].join(' or ');
  const summed = mode === 'train' ? ', their gradients summed' : '';
  note(
    `Batches of ${data.batchSize} images are too large for this device: each is computed in ${parts.length} parts of ${sizes}${summed}.`,
  );
}
