import type { CompileConfig } from '../../nn/config.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import { compileConfigOf } from './compile.js';
import { modelToKeras } from './config.js';

/** A model and how it is trained, as Keras 3's serialize_keras_object(model) has it: what a .keras file says of its layers, and a network file alone. */
export const modelJson = (stack: LayerStack, compile: CompileConfig | undefined): Readonly<Record<string, unknown>> => ({
  ...modelToKeras(stack, 3),
  build_config: { input_shape: [null, ...stack.inputShape] },
  compile_config: compile ? compileConfigOf(compile) : {},
});
