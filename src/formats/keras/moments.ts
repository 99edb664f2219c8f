import type { CompileConfig } from '../../nn/config.js';
import type { LayerStack, Weight } from '../../nn/layer_stack.js';
import { OPTIMIZERS } from '../../nn/optimizers.js';

/** How a release orders what an optimizer keeps: tf_keras and tf.keras from 2.11 on, Keras 3, and the legacy optimizers of before. */
export type OptimizerFlavour = 'tf' | 'keras3' | 'legacy';

/** A variable that an optimizer keeps for a weight. */
export interface Moment {
  readonly weight: Weight;
  /** Ours: 'conv2d.kernel.moment'. */
  readonly name: string;
  /** Keras' name of what it is: 'momentum'. */
  readonly kerasSlot: string;
}

/** What an optimizer keeps, in the order of Keras' files. None where Keras has not: SGD's velocity without momentum, but in tf_keras. */
export function momentsOf(model: LayerStack, { name, config }: CompileConfig['optimizer'], flavour: OptimizerFlavour): Moment[] {
  const { slots, order } = OPTIMIZERS[name];
  const isKept = (slot: string): boolean => (flavour === 'tf' && name === 'sgd') || (slots[slot]!.isUsed?.(config) ?? true);
  const kept = Object.keys(slots).filter(isKept);
  const weights = model.weightSpecs.filter(({ trainable }) => trainable);
  const moment = (weight: Weight, slot: string): Moment => ({
    weight,
    name: `${weight.name}.${slot}`,
    kerasSlot: slots[slot]!.keras[flavour],
  });
  return order === 'by weight' && flavour !== 'legacy'
    ? weights.flatMap(weight => kept.map(slot => moment(weight, slot)))
    : kept.flatMap(slot => weights.map(weight => moment(weight, slot)));
}
