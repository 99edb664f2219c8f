import { useMemo } from 'preact/hooks';
import { count, number, percent } from '../draw/format.js';
import { rangeOf } from '../draw/scale.js';

const BINS = 48;
const WIDTH = 240;
const HEIGHT = 64;

interface Counts {
  readonly low: number;
  readonly high: number;
  readonly bins: Uint32Array;
  readonly mean: number;
  readonly deviation: number;
  /** Their share. */
  readonly zeros: number;
  /** 1, or which of very many numbers are counted: every second, every third. */
  readonly every: number;
}

/** Of more numbers than this some are left out: the page must not stand still. */
const COUNTED = 1_000_000;

/** How often numbers fall into each of BINS equal parts between the least and the largest. */
function countUp(data: ArrayLike<number>): Counts {
  const every = Math.ceil(data.length / COUNTED);
  const [low, high] = rangeOf({ data });
  let sum = 0;
  let squares = 0;
  let zeros = 0;
  const bins = new Uint32Array(BINS);
  const scale = BINS / (high - low || 1);
  for (let i = 0; i < data.length; i += every) {
    const value = data[i]!;
    sum += value;
    squares += value * value;
    if (value === 0) zeros++;
    bins[Math.min(BINS - 1, Math.floor((value - low) * scale))]!++;
  }
  const counted = Math.ceil(data.length / every);
  const mean = sum / counted;
  return { low, high, bins, mean, deviation: Math.sqrt(Math.max(0, squares / counted - mean * mean)), zeros: zeros / counted, every };
}

/** Numbers of a buffer by size. The height is the square root of the count, so that rare large ones are seen beside many small ones. */
export function Histogram({ data, label }: { readonly data: ArrayLike<number>; readonly label: string }) {
  const { low, high, bins, mean, deviation, zeros, every } = useMemo(() => countUp(data), [data]);
  const most = Math.sqrt(Math.max(...bins));
  const step = WIDTH / BINS;
  const path = [...bins].map((n, i) => {
    const top = HEIGHT - (HEIGHT * Math.sqrt(n)) / most;
    return `${i === 0 ? 'M' : 'L'}${i * step} ${top}L${(i + 1) * step} ${top}`;
  });
  const zeroAt = low < 0 && high > 0 ? (WIDTH * -low) / (high - low) : undefined;
  const text = `${label}: ${count(data.length)} numbers from ${number(low, 3)} to ${number(high, 3)}, mean ${number(mean, 3)}, standard deviation ${number(deviation, 3)}`;
  return (
    <figure class="histogram">
      <figcaption class="small" title={text}>
        {label}
        {zeros > 0 && <span class="quiet">, {percent(zeros, 0)} are 0</span>}
        {every > 1 && <span class="quiet">, one of {every} counted</span>}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <title>{text}</title>
        <path d={`${path.join('')}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
        {zeroAt !== undefined && <line x1={zeroAt} x2={zeroAt} y1="0" y2={HEIGHT} />}
      </svg>
      <div class="row spread small quiet num">
        <span>{number(low, 3)}</span>
        <span>
          {number(mean, 3)} ± {number(deviation, 3)}
        </span>
        <span>{number(high, 3)}</span>
      </div>
    </figure>
  );
}
