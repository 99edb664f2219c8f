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
}

/** Thrown where a plan has a tensor that the device can't bind, or a kernel that would need more workgroups than it starts at once. */
export class TooLargeError extends Error {}

/** Something that computes plans: a GPU, or the CPU reference. */
export interface Executor {
  /** 'gpu' or 'cpu', and which one: for people. */
  readonly description: string;
  /** Gives a variable a place, filled with zeros. */
  allocate(variable: Variable): void;
  free(variable: Variable): void;
  write(variable: Variable, data: NumberArray): void;
  read(variable: Variable): Promise<NumberArray>;
  /** Whether every kernel that suits the plan's nodes could also bind their tensors: if not, smaller parts of the batch may run faster, or at all. */
  fits(plan: Plan): boolean;
  /** Whether each of the plan's nodes has a kernel that can bind its tensors. */
  runs(plan: Plan): boolean;
  /** Throws a TooLargeError where it can't be run on this device. */
  prepare(plan: Plan): Promise<Executable>;
  /** Frees everything; the executor can't be used again. */
  close(): Promise<void>;
}
