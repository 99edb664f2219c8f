import type { DataSummary, Machine, ModelSummary } from './model.js';
import type { EpochPoint, KernelTimes, NormsPoint, PastRun, RunConfig, RunGoal, RunHistory, RunState, StepColumns } from './run.js';

/** Raised when a page and a server of different versions could misunderstand one another. */
export const PROTOCOL = 1;

/** Of the WebSocket. */
export const SOCKET_PATH = '/live';

/** From the server, over the socket. The first is always 'hello'. */
export type ServerEvent =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly version: string;
      /** Absent until something computes. */
      readonly machine?: Machine | undefined;
      readonly model?: ModelSummary | undefined;
      readonly data?: DataSummary | undefined;
      readonly run?: RunHistory | undefined;
      readonly runs: readonly PastRun[];
      /** What the form of a new run holds at first. */
      readonly defaults: RunConfig;
      /** The small network of the lessons and pictures for it, as `open` takes them. */
      readonly lesson?: { readonly model: string; readonly data: string } | undefined;
      /** The model that is being opened since the start. */
      readonly opens?: string | undefined;
      /** Whether the page may start runs; not where the server watches a `wgrad train` that has its own options. */
      readonly canStart: boolean;
    }
  | { readonly type: 'machine'; readonly machine: Machine }
  | { readonly type: 'model'; readonly model: ModelSummary }
  | { readonly type: 'data'; readonly data: DataSummary }
  | { readonly type: 'run'; readonly run: RunHistory }
  | { readonly type: 'progress'; readonly text: string; readonly done: number; readonly total: number }
  | { readonly type: 'steps'; readonly steps: StepColumns }
  | { readonly type: 'epoch'; readonly epoch: EpochPoint }
  | { readonly type: 'norms'; readonly norms: NormsPoint }
  | { readonly type: 'kernels'; readonly kernels: KernelTimes }
  | {
      readonly type: 'state';
      readonly state: RunState;
      readonly step: number;
      readonly epoch: number;
      readonly message?: string | undefined;
    }
  | {
      readonly type: 'runs';
      readonly runs: readonly PastRun[];
      /** A folder that no run has yet, for the next. */
      readonly out: string;
    }
  /** A command that could not be done, or trouble outside a run. */
  | { readonly type: 'error'; readonly message: string };

/** From the page, over the socket. What can't be done is answered with an 'error'. */
export type Command =
  | ({ readonly type: 'start' } & StartCommand)
  /** After the step under way. */
  | { readonly type: 'pause' }
  /** While paused: one step, then paused again. */
  | { readonly type: 'step' }
  | { readonly type: 'resume' }
  /** After the step under way; saved to go on from. */
  | { readonly type: 'stop' }
  /** Makes a file's model the studio's; not while a run is under way. */
  | ({ readonly type: 'open' } & OpenCommand);

/** In place of a run's two folders: the program draws faces with and without masks, the same ones each time. */
export const SAMPLE_FACES = 'sample:faces';

export interface StartCommand {
  /** Its `train` and `validation` may be SAMPLE_FACES. */
  readonly config: RunConfig;
  /** A network that was built on the page: the text of a file as `train --network` takes it, in place of `config.network`. */
  readonly network?: string | undefined;
  readonly goal?: RunGoal | undefined;
}

export interface OpenCommand {
  /** The file or folder of a model. */
  readonly model: string;
  /** A folder of classes for its pictures. */
  readonly data?: string | undefined;
  /** Names of its classes, and what bytes are multiplied with, where its file does not say it. */
  readonly classes?: readonly string[] | undefined;
  readonly rescale?: number | undefined;
  /** The file of its network, for a file of weights alone. */
  readonly network?: string | undefined;
}
