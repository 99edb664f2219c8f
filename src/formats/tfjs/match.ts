import { formatShape, type Shape, sameShape } from '../../engine/shape.js';
import { shown } from '../../nn/json.js';
import type { PlacedLayer } from '../../nn/layer_stack.js';
import type { TensorSpec } from './manifest.js';

/** What stands before the last '/' of a tensor's name, and what after it. */
function split(name: string): { readonly scope: string; readonly part: string } {
  const at = name.lastIndexOf('/');
  return { scope: name.slice(0, Math.max(at, 0)), part: name.slice(at + 1) };
}

/**
 * Which tensor of a file each weight of a model is, by the names of layer and weight: 'conv2d/kernel', with scopes before it perhaps, and a number after it
 * where a program had used the name before. Their order says nothing. Throws, beginning with `name`, where a weight has none or one of another shape, and
 * where a tensor is no weight's.
 */
export function matchWeights(name: string, layers: readonly PlacedLayer[], specs: readonly TensorSpec[]): Map<string, TensorSpec> {
  const rest = new Set(specs.filter(({ group }) => group !== 'optimizer'));
  const found = new Map<string, TensorSpec>();
  for (const isWhole of [true, false]) {
    for (const layer of layers) {
      const isOf = ({ scope }: { readonly scope: string }): boolean => (isWhole ? scope === layer.name : scope.endsWith(`/${layer.name}`));
      for (const weight of layer.parameters) {
        if (found.has(weight.name)) continue;
        const own = [...rest].filter(spec => isOf(split(spec.name)));
        const spec =
          own.find(each => split(each.name).part === weight.part) ??
          own.find(each => split(each.name).part.replace(/_\d+$/, '') === weight.part);
        if (!spec) continue;
        rest.delete(spec);
        found.set(weight.name, spec);
      }
    }
  }
  for (const layer of layers) {
    for (const weight of layer.parameters) {
      const spec = found.get(weight.name);
      if (!spec) throw new Error(`${name}: layer ${shown(layer.name)} has no ${weight.part} in the file`);
      checkShape(name, spec, weight.shape);
    }
  }
  const [unknown] = rest;
  if (unknown) throw new Error(`${name}: the tensor ${shown(unknown.name)} is not a weight of the model's layers`);
  return found;
}

/** Throws unless a tensor has the shape of what it is for, in float32. */
export function checkShape(name: string, { name: tensor, shape, dtype }: TensorSpec, wanted: Shape): void {
  if (dtype !== 'float32') throw new Error(`${name}: ${shown(tensor)} is ${dtype}, wanted float32`);
  if (sameShape(shape, wanted)) return;
  throw new Error(`${name}: ${shown(tensor)} has shape ${formatShape(shape)}, its layer wants ${formatShape(wanted)}`);
}
