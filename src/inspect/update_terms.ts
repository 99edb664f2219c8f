import { adamStepSize } from '../ops/adam.js';
import { constant, dataOf, factor, makeTerms, term } from './terms.js';
import type { Inspection, UpdateTerms } from './types.js';

const squared = (value: number): number => value * value;

/** m += (g - m)(1 - beta1), v += (g² - v)(1 - beta2), weight -= stepSize · m / (√v + ε): see shaders/adam.wgsl. */
function adamTerms(inspection: Inspection, weight: string, index: number): UpdateTerms {
  const { config, learningRate, step } = inspection.optimizer;
  const { beta1, beta2, epsilon } = config as { beta1: number; beta2: number; epsilon: number };
  const gradient = factor(inspection, `${weight}/gradient`, index);
  const m = makeTerms(
    inspection,
    { tensor: `${weight}/m/updated`, index },
    [term('m before', factor(inspection, `${weight}/m`, index), constant(beta1)), term('gradient', gradient, constant(1 - beta1))],
    { formula: "m' = β₁ · m + (1 − β₁) · gradient" },
  );
  const v = makeTerms(
    inspection,
    { tensor: `${weight}/v/updated`, index },
    [
      term('v before', factor(inspection, `${weight}/v`, index), constant(beta2)),
      term('gradient²', { ...gradient, value: squared(gradient.value) }, constant(1 - beta2)),
    ],
    { formula: "v' = β₂ · v + (1 − β₂) · gradient²" },
  );
  const stepSize = adamStepSize(learningRate, step, { beta1, beta2, epsilon });
  const scale = -stepSize / (Math.sqrt(v.value) + epsilon);
  const updated = makeTerms(
    inspection,
    { tensor: `${weight}/updated`, index },
    [term('weight before', factor(inspection, weight, index), constant(1)), term("m'", { value: m.value, at: m.place }, constant(scale))],
    {
      formula: "weight' = weight − stepSize · m' / (√v' + ε)",
      note: 'ε is added outside the bias correction, as Keras does it.',
    },
  );
  const [mScale, vScale] = [1 - beta1 ** step, 1 - beta2 ** step];
  return {
    place: { tensor: weight, index },
    gradient: gradient.value,
    slots: [m, v],
    weight: updated,
    steps: [
      { label: 't', formula: 'this step, from 1', value: step },
      { label: 'm̂', formula: "m' / (1 − β₁ᵗ)", value: m.value / mScale },
      { label: 'v̂', formula: "v' / (1 − β₂ᵗ)", value: v.value / vScale },
      { label: 'stepSize', formula: 'learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ)', value: stepSize },
      { label: 'change', formula: "− stepSize · m' / (√v' + ε)", value: scale * m.value },
    ],
  };
}

/** velocity = momentum · velocity - learningRate · gradient; weight += velocity */
function sgdTerms(inspection: Inspection, weight: string, index: number): UpdateTerms {
  const { config, learningRate, step } = inspection.optimizer;
  const gradient = factor(inspection, `${weight}/gradient`, index);
  const velocity = makeTerms(
    inspection,
    { tensor: `${weight}/velocity/updated`, index },
    [
      term('velocity before', factor(inspection, `${weight}/velocity`, index), constant(config.momentum!)),
      term('gradient', gradient, constant(-learningRate)),
    ],
    { formula: "velocity' = momentum · velocity − learningRate · gradient" },
  );
  const updated = makeTerms(
    inspection,
    { tensor: `${weight}/updated`, index },
    [
      term('weight before', factor(inspection, weight, index), constant(1)),
      term("velocity'", { value: velocity.value, at: velocity.place }, constant(1)),
    ],
    { formula: "weight' = weight + velocity'" },
  );
  return {
    place: { tensor: weight, index },
    gradient: gradient.value,
    slots: [velocity],
    weight: updated,
    steps: [
      { label: 't', formula: 'this step, from 1', value: step },
      { label: 'change', formula: "velocity'", value: velocity.value },
    ],
  };
}

/** The optimizer's step for one weight: `weight` is 'layer0/kernel' or 'layer0/bias', `index` its flat index. */
export function explainUpdate(inspection: Inspection, weight: string, index: number): UpdateTerms {
  if (!Number.isFinite(dataOf(inspection, 'loss')[0])) throw new Error('inspection: the loss is not finite, so the step changed nothing');
  return (inspection.optimizer.name === 'adam' ? adamTerms : sgdTerms)(inspection, weight, index);
}
