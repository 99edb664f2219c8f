import type { DynamicField } from './executable.js';
import { setField } from './kernel.js';
import type { Step } from './lower.js';

/** Writes a dispatch's Params at `offset`; returns the fields that each run sets anew. */
export function layOutParams(
  { dispatch }: Step,
  fields: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[],
  view: DataView,
  offset: number,
  check: (names: { readonly declared: readonly string[]; readonly given: readonly string[] }) => void,
): DynamicField[] {
  const params = dispatch.params ?? {};
  check({ declared: fields.map(({ name }) => name), given: Object.keys(params) });
  const dynamic: DynamicField[] = [];
  fields.forEach((field, i) => {
    const value = params[field.name]!;
    if (typeof value === 'number') setField(view, offset + 4 * i, field, value);
    else dynamic.push({ offset: offset + 4 * i, field, scalar: value.scalar });
  });
  return dynamic;
}
