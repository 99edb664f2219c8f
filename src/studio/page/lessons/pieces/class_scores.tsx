import { number } from '../../draw/format.js';
import { model } from '../../state/live.js';
import { linkTo, numberOf } from '../../state/route.js';
import { contributionsTo } from '../compute/scores.js';
import { NOTHING_SHOWN, useShown } from './given.js';
import { Slider } from './slider.js';

const SHOWN = 8;

/** What each unit before the last layer adds to a class' logit, from the buffers. */
export function ClassScores() {
  const inspection = useShown();
  const last = (inspection?.layers.length ?? 0) - 1;
  const kernel = inspection?.tensors[`layer${last}/kernel`];
  const bias = inspection?.tensors[`layer${last}/bias`];
  const before = inspection?.tensors[`layer${last - 1}/output`];
  const logits = inspection?.tensors.logits;
  if (kernel?.shape.length !== 2 || !bias || !before || !logits) return <p class="small quiet">{NOTHING_SHOWN}</p>;
  const [units, classes] = kernel.shape as [number, number];
  const to = Math.min(classes - 1, numberOf('class', 0));
  const all = contributionsTo(before.data.subarray(0, units), kernel.data, classes, to);
  const most = Math.abs(all[0]!.product) || 1;
  const rest = all.slice(SHOWN).reduce((sum, { product }) => sum + product, 0);
  return (
    <div class="piece">
      <Slider
        name="class"
        label="class"
        low={0}
        high={classes - 1}
        step={1}
        initial={0}
        show={value => model.value?.classes[value] ?? `${value}`}
      />
      <table>
        <thead>
          <tr>
            <th scope="col">unit</th>
            <th scope="col">its output · weight</th>
            <th scope="col">adds</th>
            <th scope="col">
              <span class="hidden">bar</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, SHOWN).map(({ unit, activation, weight, product }) => (
            <tr key={unit}>
              <th scope="row">
                <a href={linkTo('number', { tensor: `layer${last - 1}/output`, index: unit })}>{unit}</a>
              </th>
              <td class="num">
                {number(activation, 3)} · {number(weight, 3)}
              </td>
              <td class="num">{number(product, 3)}</td>
              <td class="bar-cell">
                <span class={`bar ${product < 0 ? 'negative' : 'positive'}`} style={{ width: `${(100 * Math.abs(product)) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        The other {Math.max(0, all.length - SHOWN)} add {number(rest, 3)}, the bias {number(bias.data[to]!, 3)}: logit{' '}
        <output>{number(logits.data[to]!, 4)}</output>.
      </p>
    </div>
  );
}
