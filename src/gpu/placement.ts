import { assignSlots, type Plan } from '../engine/plan.js';
import { byteLength, inARow, type Tensor } from '../engine/tensor.js';
import type { Arena, BufferRange } from './arena.js';
import { lifetimes, packs, type Step } from './lower.js';

/** Where a plan's tensors lie that are no variables, and how to give the buffers back. */
interface Placement {
  readonly ranges: ReadonlyMap<Tensor, BufferRange>;
  readonly release: () => void;
}

/**
 * Places tensors that are not `placed` yet in buffers that those share which never live at the same time. A pack has its own: nothing else may lie between its
 * parts.
 */
export function placeTensors(plan: Plan, steps: readonly Step[], arena: Arena, placed: ReadonlyMap<Tensor, BufferRange>): Placement {
  const ranges = new Map(placed);
  const slots = assignSlots(lifetimes(plan, steps).filter(({ item }) => !placed.has(item)));
  const taken = arena.take(slots.map(slot => slot.bytes));
  slots.forEach(({ items }, i) => {
    for (const tensor of items) ranges.set(tensor, { buffer: taken[i]!, offset: 0 });
  });
  const own = packs(plan).map(pack => {
    const buffer = arena.buffer(pack.name, byteLength(pack));
    const { offsets } = inARow(pack.owners);
    ranges.set(pack, { buffer, offset: 0 });
    for (const [i, part] of pack.owners.entries()) ranges.set(part, { buffer, offset: 4 * offsets[i]! });
    return buffer;
  });
  const release = (): void => {
    arena.giveBack(taken);
    for (const buffer of own) arena.destroy(buffer);
  };
  return { ranges, release };
}

/** Places each tensor in a buffer of its own, made by `make`. */
export function placeApart(plan: Plan, steps: readonly Step[], arena: Arena, make: (name: string, bytes: number) => GPUBuffer): Placement {
  const ranges = new Map(lifetimes(plan, steps).map(({ item, bytes }) => [item, { buffer: make(item.name, bytes), offset: 0 }]));
  return { ranges, release: () => ranges.forEach(({ buffer }) => void arena.destroy(buffer)) };
}
