import type { UpdateTerms } from '../../../inspect/types.js';
import { OPTIMIZERS, type OptimizerName } from '../../../nn/optimizers.js';
import { number } from '../draw/format.js';
import { Scroll } from './scroll.js';
import { Linked } from './terms_view.js';

/** The optimizer's step for one weight, from its gradient to the new weight. */
export function UpdateView({ update, name }: { readonly update: UpdateTerms; readonly name: OptimizerName }) {
  const { gradient, slots, weight, steps } = update;
  return (
    <div class="stack">
      <p class="small quiet">{OPTIMIZERS[name].description}</p>
      <Scroll>
        <table class="update">
          <tbody>
            <tr>
              <th scope="row">gradient</th>
              <td class="mono quiet">∂loss / ∂weight</td>
              <td class="num">{number(gradient, 6)}</td>
              <td />
            </tr>
            {slots.map(slot => (
              <SumRow key={slot.place.tensor} label={slot.place.tensor.split('/')[2]!} terms={slot} />
            ))}
            {steps.map(({ label, formula, value }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td class="mono quiet">{formula}</td>
                <td class="num">{number(value, 6)}</td>
                <td />
              </tr>
            ))}
            <SumRow label="weight" terms={weight} />
          </tbody>
        </table>
      </Scroll>
      {weight.note && <p class="small quiet">{weight.note}</p>}
    </div>
  );
}

function SumRow({ label, terms: { formula, terms, sum, value } }: { readonly label: string; readonly terms: UpdateTerms['weight'] }) {
  return (
    <tr class="sum-row">
      <th scope="row">{label}′</th>
      <td>
        <span class="mono quiet">{formula}</span>
        <br />
        {terms.map(({ label: from, left, right, leftAt }, i) => (
          <span key={from}>
            {left < 0 ? ' − ' : i > 0 && ' + '}
            <Linked value={Math.abs(left)} at={leftAt} /> · {number(right, 5)}
          </span>
        ))}
      </td>
      <td class="num">
        <output data-number="sum">{number(sum, 10)}</output>
      </td>
      <td class="num small quiet">
        buffer: <output data-number="value">{number(value, 10)}</output>
      </td>
    </tr>
  );
}
