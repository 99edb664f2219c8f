import { byteLength, inARow, type Tensor, type Variable } from '../engine/tensor.js';
import type { BufferRange } from './arena.js';

/** Where an executor's variables lie. Those that are allocated together lie one after another in one buffer. */
export class VariableRanges {
  readonly #ranges = new Map<Variable, BufferRange>();

  /** Cuts variables into lists that each take at most so many bytes together, if no single one takes more. */
  static cut(variables: readonly Variable[], bytes: number): Variable[][] {
    const lists: Variable[][] = [];
    for (const variable of variables) {
      const last = lists.at(-1);
      if (last && rowBytes([...last, variable]) <= bytes) last.push(variable);
      else lists.push([variable]);
    }
    return lists;
  }

  /** Puts variables into a buffer that `make` makes. */
  add(variables: readonly Variable[], make: (name: string, bytes: number) => GPUBuffer): void {
    const [{ name }, ...others] = variables as [Variable, ...Variable[]];
    const buffer = make(others.length === 0 ? name : `${name} and ${others.length} more`, rowBytes(variables));
    const { offsets } = inARow(variables);
    for (const [i, variable] of variables.entries()) this.#ranges.set(variable, { buffer, offset: 4 * offsets[i]! });
  }

  /** Forgets a variable. Returns its buffer where no other variable lies in it. */
  remove(variable: Variable): GPUBuffer | undefined {
    const { buffer } = this.of(variable);
    this.#ranges.delete(variable);
    return [...this.#ranges.values()].some(range => range.buffer === buffer) ? undefined : buffer;
  }

  of(variable: Variable): BufferRange {
    const range = this.#ranges.get(variable);
    if (!range) throw new Error(`variable '${variable.name}' has no place on this device: allocate it first`);
    return range;
  }

  /** Where a tensor lies that stands for a variable or for a pack of variables. */
  ofTensor({ name, owners }: Tensor): BufferRange {
    const ranges = owners.map(({ variable }) => this.of(variable!));
    const [first] = ranges;
    const { offsets } = inARow(owners);
    if (ranges.some(({ buffer, offset }, i) => buffer !== first!.buffer || offset !== first!.offset + 4 * offsets[i]!))
      throw new Error(`'${name}' is a pack of variables that were not allocated together`);
    return first!;
  }

  /** The lists of variables that lie together. */
  get together(): Variable[][] {
    const lists = new Map<GPUBuffer, Variable[]>();
    for (const [variable, { buffer }] of this.#ranges) lists.set(buffer, [...(lists.get(buffer) ?? []), variable]);
    return [...lists.values()];
  }
}

/** Bytes that variables take one after another. A variable by itself may be of any type. */
const rowBytes = (variables: readonly Variable[]): number =>
  variables.length === 1 ? byteLength(variables[0]!) : 4 * inARow(variables).size;
