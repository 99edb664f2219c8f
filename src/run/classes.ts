import type { LayerStack } from '../nn/layer_stack.js';

/** Classes that a model tells apart: one for each output, or two by a single one. */
export const classCount = ({ outputShape }: Pick<LayerStack, 'outputShape'>): number => Math.max(outputShape[0]!, 2);

/** What labels of pictures a model learns from. */
export const classModeOf = ({ outputShape }: Pick<LayerStack, 'outputShape'>): 'binary' | 'categorical' =>
  outputShape[0] === 1 ? 'binary' : 'categorical';
