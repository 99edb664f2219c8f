import { makePlan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import { ArraySource } from '../nn/arrays.js';
import type { Model } from '../nn/base_model.js';
import { writeBatch } from '../nn/plans.js';
import { withRecovery } from '../nn/recovery.js';
import { namedParameters, tensorOf, traceModel } from '../nn/trace.js';

/** One number of a weight: the weight's name as in an Inspection, 'layer0/kernel', and the number's place in it. */
export interface OneWeight {
  readonly weight: string;
  readonly index: number;
}

/** The loss with a number of a weight as it is, and moved. */
export interface MovedWeight {
  /** The number as it is, and its gradient by backpropagation. */
  readonly value: number;
  readonly gradient: number;
  readonly loss: number;
  /** For each move: the number as float32 holds it then, and the loss with it. */
  readonly moved: readonly { readonly value: number; readonly loss: number }[];
}

/** The number's variable. Throws where the model has none of that name that is trained, or fewer numbers in it. */
function variableOf(model: Model, { weight, index }: OneWeight): Variable {
  const trained = namedParameters(model, model.compiled).filter(({ variable }) => variable.trainable);
  const variable = trained.find(({ name }) => name === weight)?.variable;
  if (!variable) throw new RangeError(`the model trains no weight '${weight}'; it trains ${trained.map(({ name }) => name).join(', ')}`);
  const size = sizeOf(variable.shape);
  if (index >= size) throw new RangeError(`'${weight}' has ${size} numbers, from 0 on; wanted was number ${index}`);
  return variable;
}

/**
 * The loss of pictures [rows, height, width, channels] with `labels` [rows, units] where one number of a weight is moved, without dropout: what its gradient
 * foretells can be held to it. The model stays as it is.
 */
export async function moveWeight(
  model: Model,
  pictures: Float32Array,
  labels: Float32Array,
  one: OneWeight,
  moves: readonly number[],
): Promise<MovedWeight> {
  const own = variableOf(model, one);
  const { compiled } = model;
  const { executor } = compiled;
  const source = new ArraySource(pictures, model.inputShape, labels, { batchSize: Number.MAX_SAFE_INTEGER, shuffle: false });
  const copy = { ...own, name: one.weight };
  const standIn = (variable: Variable): Variable => (variable === own ? copy : variable);
  const trace = traceModel(model, compiled, compiled.plans, 'train', source, { training: false, standIn });
  const [lossTensor, gradientTensor] = [tensorOf(trace, 'loss'), tensorOf(trace, `${one.weight}/gradient`)];
  const plan = makePlan(trace.graph, { outputs: [lossTensor, gradientTensor], changes: () => false });
  return withRecovery(model, 'while a weight was moved', async () => {
    executor.allocate(copy);
    const executable = await executor.prepare(plan).catch((error: unknown) => {
      executor.free(copy);
      throw error;
    });
    try {
      const batch = source.batch(0);
      const weights = Float32Array.from(await executor.read(own));
      const value = weights[one.index]!;
      const lossAt = async (at: number): Promise<number> => {
        executor.write(copy, weights.with(one.index, at));
        // A run may put other tensors where the pictures were.
        writeBatch(executable, trace, batch, trace.part.size);
        executable.run({ rows: batch.rows, slot: 0, ...model.nextScalars });
        return (await executable.read(lossTensor))[0]!;
      };
      const loss = await lossAt(value);
      const gradient = (await executable.read(gradientTensor))[one.index]!;
      const moved = [];
      for (const move of moves) {
        const at = Math.fround(value + move);
        moved.push({ value: at, loss: await lossAt(at) });
      }
      return { value, gradient, loss, moved };
    } finally {
      executable.release();
      executor.free(copy);
    }
  });
}
