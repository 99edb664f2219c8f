import { OPTIMIZERS } from '../nn/optimizers.js';
import { dataOf, type UpdateTerms } from '../nn/terms.js';
import type { Inspection } from './types.js';

/** The optimizer's step for one weight: `weight` is its tensor, 'layer0/kernel', `index` its flat index. */
export function explainUpdate(inspection: Inspection, weight: string, index: number): UpdateTerms {
  if (!Number.isFinite(dataOf(inspection, 'loss')[0])) throw new Error('inspection: the loss is not finite, so the step changed nothing');
  const { name, learningRate, config, step } = inspection.optimizer;
  return {
    place: { tensor: weight, index },
    gradient: dataOf(inspection, `${weight}/gradient`)[index]!,
    ...OPTIMIZERS[name].terms({ numbers: inspection, weight, index, learningRate, t: step, config }),
  };
}
