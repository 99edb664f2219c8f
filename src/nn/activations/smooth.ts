import { bell, shareBelow } from '../../engine/normal.js';
import { exponential as exponentialOp } from '../../ops/exponential.js';
import { gelu as geluOp } from '../../ops/gelu.js';
import { type HardSigmoid, hardSigmoid as hardSigmoidOp } from '../../ops/hard_sigmoid.js';
import { sigmoid as sigmoidOp } from '../../ops/sigmoid.js';
import { silu as siluOp } from '../../ops/silu.js';
import { softplus as softplusOp } from '../../ops/softplus.js';
import { tanh as tanhOp } from '../../ops/tanh.js';
import { constant, term } from '../terms.js';
import { type ActivationRecord, computed, type KerasVersion, termsOf } from './record.js';

const sigmoidAt = (x: number): number => 1 / (1 + Math.exp(-x));

/** output = 1 / (1 + exp(-input)) */
export const sigmoid: ActivationRecord = {
  apply: sigmoidOp,
  hasLogits: true,
  ...termsOf({
    formula: 'output = 1 / (1 + exp(−input))',
    combine: 'share',
    // Where exp(-input) is beyond float64, the share of 1 over it is 0, as it should be.
    terms: input => [
      term('1', constant(1), constant(1), { isChosen: true }),
      term('exp(−input)', computed(input, Math.exp(-input.value)), constant(1)),
    ],
    gradientFormula: 'dInput = dOutput · output · (1 − output)',
    slopeFrom: 'output',
    slope: output => output * (1 - output),
  }),
};

/** output = tanh(input) */
export const tanh: ActivationRecord = {
  apply: tanhOp,
  ...termsOf({
    formula: 'output = (exp(input) − exp(−input)) / (exp(input) + exp(−input))',
    note: 'Both exponents are lowered by |input| first: the quotient stays, and no exponential overflows.',
    terms(input) {
      const highest = Math.abs(input.value);
      const [up, down] = [Math.exp(input.value - highest), Math.exp(-input.value - highest)];
      return [
        term('exp(input − |input|)', computed(input, up), constant(1 / (up + down))),
        term('exp(−input − |input|)', computed(input, down), constant(-1 / (up + down))),
      ];
    },
    gradientFormula: 'dInput = dOutput · (1 − output²)',
    slopeFrom: 'output',
    slope: output => 1 - output * output,
  }),
};

/** output = input · P(input), P the share of the standard normal distribution below it */
export const gelu: ActivationRecord = {
  apply: geluOp,
  ...termsOf({
    formula: 'output = input · (1 + erf(input / √2)) / 2',
    terms: input => [term('input', input, computed(input, shareBelow(input.value)))],
    gradientFormula: 'dInput = dOutput · ((1 + erf(input / √2)) / 2 + input · exp(−input² / 2) / √(2π))',
    slopeFrom: 'input',
    slope: x => shareBelow(x) + x * bell(x),
  }),
};

/** output = input · sigmoid(input) */
export const silu: ActivationRecord = {
  apply: siluOp,
  kerasNames: { 2: ['swish', 'silu'], 3: ['silu', 'swish'] },
  ...termsOf({
    formula: 'output = input · sigmoid(input)',
    terms: input => [term('input', input, computed(input, sigmoidAt(input.value)))],
    gradientFormula: 'dInput = dOutput · s · (1 + input · (1 − s)), where s = sigmoid(input)',
    slopeFrom: 'input',
    slope: x => sigmoidAt(x) * (1 + x * sigmoidAt(-x)),
  }),
};

/** output = log(1 + exp(input)) */
export const softplus: ActivationRecord = {
  apply: softplusOp,
  ...termsOf({
    formula: 'output = log(1 + exp(input)) = max(input, 0) + log(1 + exp(−|input|))',
    terms: input => [
      term('max(input, 0)', computed(input, Math.max(input.value, 0)), constant(1)),
      term('log(1 + exp(−|input|))', computed(input, Math.log1p(Math.exp(-Math.abs(input.value)))), constant(1)),
    ],
    gradientFormula: 'dInput = dOutput · sigmoid(input)',
    slopeFrom: 'input',
    slope: sigmoidAt,
  }),
};

/** output = exp(input) */
export const exponential: ActivationRecord = {
  apply: exponentialOp,
  ...termsOf({
    formula: 'output = exp(input)',
    terms: input => [term('exp(input)', computed(input, Math.exp(input.value)), constant(1))],
    gradientFormula: 'dInput = dOutput · output',
    slopeFrom: 'output',
    slope: output => output,
  }),
};

/** output = slope · input + 0.5, held in 0 … 1 */
function hardSigmoidOf(
  attrs: HardSigmoid,
  slopeText: string,
  kerasNames: Readonly<Record<KerasVersion, readonly string[]>>,
): ActivationRecord {
  const { slope, slopeAtEnds } = attrs;
  return {
    apply: input => hardSigmoidOp(input, attrs),
    kerasNames,
    ...termsOf({
      formula: `output = ${slopeText} + 0.5, held in 0 … 1`,
      terms(input) {
        const y = slope * input.value + 0.5;
        if (y <= 0 || y >= 1) return [term(y <= 0 ? 'held at 0' : 'held at 1', constant(y <= 0 ? 0 : 1), constant(1))];
        return [term('input', input, constant(slope)), term('half', constant(0.5), constant(1))];
      },
      gradientFormula: `dInput = dOutput · ${slopeText.replace('input', '1')} where 0 < output < 1, else 0`,
      slopeFrom: 'input',
      slope(x) {
        const y = slope * x + 0.5;
        return y > 0 && y < 1 ? slope : y === 0 || y === 1 ? slopeAtEnds : 0;
      },
    }),
  };
}

/** Keras 2's, which reaches 0 and 1 at ∓2.5. Source: tf_keras/src/backend.py, hard_sigmoid() */
export const hardSigmoid = hardSigmoidOf({ slope: 0.2, slopeAtEnds: 0.2 }, '0.2 · input', { 2: ['hard_sigmoid'], 3: [] });

/** Keras 3's function of the same name, which reaches them at ∓3. Source: keras/src/backend/tensorflow/nn.py, hard_sigmoid() */
export const hardSigmoid3 = hardSigmoidOf({ slope: 1 / 6, slopeAtEnds: 0 }, 'input / 6', { 2: [], 3: ['hard_sigmoid'] });
