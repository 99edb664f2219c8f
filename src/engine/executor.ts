import type { Plan } from './plan.js';
import type { NumberArray, Tensor, Variable } from './tensor.js';

/** Values of a run's scalars, by name. */
export type Scalars = Readonly<Record<string, number>>;

/** A plan made ready to run many times. */
export interface Executable {
  /** Sets an input for the next run. */
  write(input: Tensor, data: NumberArray): void;
  /** Starts a run; does not wait for it. Every scalar that the plan's nodes name must be given. */
  run(scalars: Scalars): void;
  /** Resolves when few enough runs are under way to start another without letting the device idle or the queue grow. */
  ready(): Promise<void>;
  /** Resolves when all runs started so far are done. */
  idle(): Promise<void>;
  /** Numbers of one of the plan's outputs after the runs started so far. */
  read(output: Tensor): Promise<NumberArray>;
  release(): void;
  /** Whether its device is lost: then all but release() throws a DeviceLostError, also when the executor has another device. */
  readonly isLost: boolean;
}

/** Thrown where a device was lost with the numbers that were asked for: see Executor.revive(). */
export class DeviceLostError extends Error {
  /** Adapter and driver. */
  readonly adapter: string;
  /** What the driver says; may be empty. */
  readonly reason: string;

  constructor(adapter: string, reason: string) {
    super(`the GPU was lost: ${adapter}${reason && ` (${reason})`}`);
    this.adapter = adapter;
    this.reason = reason;
  }
}

/** Thrown where a lost device is given up. Models then stand where their numbers were last kept, and can be saved. */
export class DeviceGoneError extends Error {}

/** Thrown where a plan has a tensor that the device can't bind, or a kernel that would need more workgroups than it starts at once. */
export class TooLargeError extends Error {}

/** Something that computes plans: a GPU, or the CPU reference. */
export interface Executor {
  /** 'gpu' or 'cpu', and which one: for people. */
  readonly description: string;
  /** Bytes of a data set that may lie on the device all the time, so that a step need not bring its rows. */
  readonly keptBytes: number;
  /**
   * Gives variables places, filled with zeros. Several lie one after another, so that one dispatch can compute with a pack of them: Graph.pack(). Returns those
   * that do: all of them, or where those are more than the device can bind, several lists.
   */
  allocate(...variables: readonly Variable[]): readonly (readonly Variable[])[];
  free(variable: Variable): void;
  write(variable: Variable, data: NumberArray): void;
  read(variable: Variable): Promise<NumberArray>;
  /** Keeps the variables' numbers where a lost device does not take them along; a variable that was only written since the last time costs nothing. */
  keep(variables: readonly Variable[]): Promise<void>;
  /**
   * Opens a lost device anew, with all variables as they were last written or kept; where it is not lost, does nothing. Variables that runs had changed since
   * then, but for those never written or kept, are held back: until accept(), reading or running them throws a DeviceLostError. `activity`: what was under way, for people, as 'in step 7 of
   * epoch 2'. Throws a DeviceGoneError where no device can be had; what was kept can be read then too.
   */
  revive(activity: string): Promise<void>;
  /** Takes what was last written or kept for the variables' numbers. Whether any of them was held back. */
  accept(variables: readonly Variable[]): boolean;
  /** Whether every kernel that suits the plan's nodes could also bind their tensors: if not, smaller parts of the batch may run faster, or at all. */
  fits(plan: Plan): boolean;
  /** Whether each of the plan's nodes has a kernel that can bind its tensors. */
  runs(plan: Plan): boolean;
  /** Throws a TooLargeError where it can't be run on this device. */
  prepare(plan: Plan): Promise<Executable>;
  /** Frees everything; the executor can't be used again. */
  close(): Promise<void>;
}
