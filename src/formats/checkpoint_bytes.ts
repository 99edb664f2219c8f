import { sizeOf } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import { slotsOf } from '../nn/base_model.js';
import { type CompileConfig, type ModelConfig, modelConfig } from '../nn/config.js';
import type { FitState } from '../nn/fit_state.js';
import type { Extra, ModelFile } from './model_file.js';
import { type StoredTensor, writeSafetensors } from './safetensors.js';

/** A checkpoint's JSON: everything but weights and moments that decides the rest of a run. */
interface Header {
  readonly format: 1;
  readonly model: ModelConfig;
  readonly compile: CompileConfig | undefined;
  readonly step: number;
  readonly rowsTrained: number;
  readonly training: FitState | undefined;
  readonly extra: Extra;
}

/**
 * A model as one safetensors file: weights by name ('conv2d.kernel'), the optimizer's variables ('conv2d.kernel.moment'), and as JSON in the header how the
 * model is made and compiled, its steps so far and where its training stands.
 */
export function checkpointBytes({
  model,
  weights,
  moments,
  compile,
  step,
  rowsTrained = 0,
  training,
  extra,
}: ModelFile): Uint8Array<ArrayBuffer> {
  const stored = ({ name, shape }: Variable, data: Float32Array): [string, StoredTensor] => [name, { shape, data }];
  const slots = compile ? model.weightSpecs.flatMap(weight => Object.values(slotsOf(weight, compile.optimizer))) : [];
  const header: Header = { format: 1, model: modelConfig(model), compile, step, rowsTrained, training, extra };
  return writeSafetensors({
    tensors: [
      ...model.weightSpecs.map(variable => stored(variable, weights.get(variable.name)!)),
      // An optimizer of which nothing is known begins at 0.
      ...slots.map(variable => stored(variable, moments.get(variable.name) ?? new Float32Array(sizeOf(variable.shape)))),
    ],
    metadata: { wgrad: JSON.stringify(header) },
  });
}
