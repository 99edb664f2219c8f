import { number } from '../../draw/format.js';
import { linkTo, numberOf } from '../../state/route.js';
import { windowGradient } from '../compute/scores.js';
import { NOTHING_SHOWN, useShown } from './given.js';
import { Slider } from './slider.js';

/** One pooling window of the first pooling: what came down to it, and who got it. Every number is the buffers'. */
export function WinnerTakes() {
  const inspection = useShown();
  const tensors = inspection?.tensors;
  const [outputGradient, inputGradient, argmax] = ['layer1/output/gradient', 'layer0/output/gradient', 'layer1/argmax'].map(
    name => tensors?.[name],
  );
  const shape = inspection?.layers[0]?.outputShape;
  const size = inspection?.layers[1]?.window?.kernelHeight;
  if (!outputGradient || !inputGradient || !argmax || shape?.length !== 3 || !size) return <p class="small quiet">{NOTHING_SHOWN}</p>;
  const high = outputGradient.data.length - 1;
  const index = Math.min(high, numberOf('window', strongest(outputGradient.data)));
  const found = windowGradient(
    { outputGradient: outputGradient.data, inputGradient: inputGradient.data, argmax: argmax.data },
    shape as [number, number, number],
    size,
    index,
  );
  return (
    <div class="piece">
      <Slider name="window" label="output number" low={0} high={high} step={1} initial={index} show={value => `${value}`} />
      <p>
        The loss' gradient of this pooling output is{' '}
        <a href={linkTo('number', { tensor: 'layer1/output/gradient', index })}>{number(found.sent)}</a>. Under its window:
      </p>
      <div class="window-cells" style={{ gridTemplateColumns: `repeat(${size}, 1fr)` }}>
        {found.received.map((value, i) => (
          <span key={`${i}`} class={i === found.winner ? 'winner' : undefined}>
            {number(value)}
            {i === found.winner && <small> the winner</small>}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The index of the number farthest from 0. */
function strongest(data: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < data.length; i++) if (Math.abs(data[i]!) > Math.abs(data[best]!)) best = i;
  return best;
}
