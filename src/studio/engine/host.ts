import type { Callback } from '../../nn/callbacks/callback.js';
import type { OpenedExecutor } from '../../run/opened.js';
import type { OpenCommand, StartCommand } from '../protocol.js';
import type { SessionParts } from './session_parts.js';
import type { WatchedRun } from './watch.js';

export type Progress = (text: string, done: number, total: number) => void;

export interface ReadyToTrain extends Omit<WatchedRun, 'id'> {
  /** Trains, and says whether the signal ended it. `callbacks` come after the run's own. */
  train(callbacks: readonly Callback[], signal: AbortSignal): Promise<{ readonly interrupted: boolean }>;
  /** Gives back the run's folder; the run writes nothing after it. */
  release(): Promise<void>;
}

/** How an engine comes to its device, models and runs: by Node, or by a browser. */
export interface Host {
  open(onProgress: Progress): Promise<OpenedExecutor>;
  /** Reads a model's file, and pictures for it. */
  load(command: OpenCommand, device: OpenedExecutor, onProgress: Progress): Promise<SessionParts>;
  /** Reads a run's pictures, or draws them, and compiles its model. */
  ready(command: StartCommand, device: OpenedExecutor, onProgress: Progress): Promise<ReadyToTrain>;
}
