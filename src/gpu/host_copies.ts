import { DeviceLostError } from '../engine/executor.js';
import type { NumberArray, Variable } from '../engine/tensor.js';

/** What the host has of a variable, compared with the device. */
interface Copy {
  /** None: zeros. */
  data: NumberArray | undefined;
  /**
   * 'same': what the device has. 'older': runs have changed the variable since. 'held': the device was lost with such changes, and the new one has this copy.
   */
  is: 'same' | 'older' | 'held';
  /** Whether nobody has ever written it or asked to keep it: what runs leave for one another, which is zeros on a new device. */
  isScratch: boolean;
}

/** What the host last wrote to the variables of an executor or kept of them, and whether the device has anything newer. */
export class HostCopies {
  readonly #copies = new Map<Variable, Copy>();
  #held = 0;

  add(variable: Variable): void {
    this.#copies.set(variable, { data: undefined, is: 'same', isScratch: true });
  }

  remove(variable: Variable): void {
    this.set(variable, undefined);
    this.#copies.delete(variable);
  }

  /** Says what the device has from now on. The array must not be changed afterwards. */
  set(variable: Variable, data: NumberArray | undefined): void {
    const copy = this.#copies.get(variable)!;
    if (copy.is === 'held') this.#held -= 1;
    copy.data = data;
    copy.is = 'same';
    copy.isScratch = false;
  }

  /** The variable is not scratch: someone wants what it holds. */
  want(variable: Variable): void {
    this.#copies.get(variable)!.isScratch = false;
  }

  get(variable: Variable): Readonly<Copy> {
    return this.#copies.get(variable)!;
  }

  isSame(variable: Variable): boolean {
    return this.#copies.get(variable)?.is === 'same';
  }

  /** Notes that a run changes variables. */
  change(variables: readonly Variable[]): void {
    for (const variable of variables) this.#copies.get(variable)!.is = 'older';
  }

  /** The device is lost: what it had that was newer is gone. */
  hold(): void {
    for (const copy of this.#copies.values()) {
      if (copy.is !== 'older') continue;
      copy.is = copy.isScratch ? 'same' : 'held';
      if (!copy.isScratch) this.#held += 1;
    }
  }

  /** Throws where any of the variables is held back. */
  checkNotHeld(variables: readonly Variable[], adapter: string): void {
    if (this.#held === 0) return;
    const held = variables.find(variable => this.#copies.get(variable)?.is === 'held');
    if (held) throw new DeviceLostError(adapter, `what runs had made of '${held.name}' was lost with it`);
  }

  /** See Executor.accept(). */
  accept(variables: readonly Variable[]): boolean {
    const held = variables.filter(variable => this.#copies.get(variable)?.is === 'held');
    for (const variable of held) this.set(variable, this.#copies.get(variable)!.data);
    return held.length > 0;
  }

  entries(): IterableIterator<[Variable, Readonly<Copy>]> {
    return this.#copies.entries();
  }
}
