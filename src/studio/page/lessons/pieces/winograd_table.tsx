import { count, number } from '../../draw/format.js';
import { model } from '../../state/live.js';
import { numberOf } from '../../state/route.js';
import { countProducts, winogradTwoOutputs } from '../compute/winograd_count.js';
import { Slider } from './slider.js';

/** Products of one 3x3 convolution, by way of computing it: of the network's first, at a size that the reader sets. */
export function WinogradTable() {
  const first = model.value?.layers.find(({ kind }) => kind === 'conv2d');
  const [height = 72, , given = 100] = first?.outputShape ?? [];
  const taken = first?.inputShape.at(-1) ?? 100;
  const size = numberOf('size', height);
  const channels = numberOf('channels', taken);
  const filters = numberOf('filters', given);
  const rows = countProducts({ outputHeight: size, outputWidth: size, channels, filters });
  return (
    <div class="piece">
      <Slider name="size" label="output" low={2} high={148} step={1} initial={height} show={value => `${value} × ${value}`} />
      <Slider name="channels" label="channels" low={1} high={128} step={1} initial={taken} />
      <Slider name="filters" label="filters" low={1} high={128} step={1} initial={given} />
      <table>
        <thead>
          <tr>
            <th scope="col">way</th>
            <th scope="col">tiles</th>
            <th scope="col">products</th>
            <th scope="col">fewer</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ way, tiles, products, saving }) => (
            <tr key={way}>
              <th scope="row">{way}</th>
              <td class="num">{count(tiles)}</td>
              <td class="num">{count(products)}</td>
              <td class="num">{number(saving, 3)} ×</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Winograd's trick where it fits on a line: two outputs by four products. */
export function WinogradLine() {
  const d = [0, 1, 2, 3].map(i => numberOf(`d${i}`, [3, 1, 4, 2][i]!)) as unknown as [number, number, number, number];
  const g = [0, 1, 2].map(i => numberOf(`g${i}`, [1, 2, -1][i]!)) as unknown as [number, number, number];
  const { direct, products, winograd } = winogradTwoOutputs(d, g);
  const factors = ['(d0 − d2) · g0', '(d1 + d2) · (g0 + g1 + g2) / 2', '(d2 − d1) · (g0 − g1 + g2) / 2', '(d1 − d3) · g2'];
  return (
    <div class="piece">
      {d.map((value, i) => (
        <Slider key={`d${i}`} name={`d${i}`} label={`d${i}`} low={-5} high={5} step={1} initial={value} />
      ))}
      {g.map((value, i) => (
        <Slider key={`g${i}`} name={`g${i}`} label={`g${i}`} low={-5} high={5} step={1} initial={value} />
      ))}
      <ul class="sums">
        {factors.map((factor, i) => (
          <li key={factor}>
            <code>
              m{i + 1} = {factor} = <output data-product={i + 1}>{number(products[i]!)}</output>
            </code>
          </li>
        ))}
      </ul>
      <p>
        First output: m1 + m2 + m3 = <output data-winograd={0}>{number(winograd[0])}</output>, directly{' '}
        <output data-direct={0}>{number(direct[0])}</output>. Second: m2 − m3 − m4 ={' '}
        <output data-winograd={1}>{number(winograd[1])}</output>, directly <output data-direct={1}>{number(direct[1])}</output>.
      </p>
    </div>
  );
}
