import { useMemo } from 'preact/hooks';
import { seriesColor } from '../../components/chart.js';
import { Picture } from '../../components/picture.js';
import { Scroll } from '../../components/scroll.js';
import { big, count, duration, percent } from '../../draw/format.js';
import type { Picture as Bytes } from '../../state/api.js';
import { convolutionShare, wrongSide } from './figures.js';
import type { OpTime } from './timed.js';
import type { Look } from './tiny.js';
import { CLASSES, SIZE } from './tiny_config.js';

const SIDE = 3;

/** Filters [3, 3, 3, filters] over red, green and blue as the colours that they like: each from its least (black) to its largest weight. */
function filterPictures(kernel: Float32Array): readonly Bytes[] {
  const cells = SIDE * SIDE * 3;
  const filters = kernel.length / cells;
  return Array.from({ length: filters }, (_, filter) => {
    const values = Array.from({ length: cells }, (_, i) => kernel[i * filters + filter]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { height: SIDE, width: SIDE, channels: 3, data: Uint8Array.from(values, value => (255 * (value - low)) / (high - low || 1)) };
  });
}

/** The first layer's filters before the first step, and now. */
export function Filters({ first, now }: { readonly first: Float32Array; readonly now: Float32Array }) {
  const rows = useMemo(
    () => [
      { name: 'before the first step', pictures: filterPictures(first) },
      { name: 'now', pictures: filterPictures(now) },
    ],
    [first, now],
  );
  let [moved, whole] = [0, 0];
  for (let i = 0; i < first.length; i++) {
    moved += (now[i]! - first[i]!) ** 2;
    whole += first[i]! ** 2;
  }
  return (
    <section class="card stack" aria-label="Filters of the first layer">
      <h2>The first layer's filters, as the colours that they like</h2>
      {rows.map(({ name, pictures }) => (
        <div key={name} class="row">
          <span class="small quiet filters-name">{name}</span>
          {pictures.map((picture, i) => (
            <Picture key={i} picture={picture} label={`Filter ${i}, ${name}`} size={54} />
          ))}
        </div>
      ))}
      <p class="small quiet">The weights moved by {percent(Math.sqrt(moved / whole), 0)} of their own size.</p>
    </section>
  );
}

/** The last batch as the step took it. */
export function BatchPictures({ batch }: { readonly batch: Uint8Array }) {
  const size = SIZE * SIZE * 3;
  const pictures = useMemo(
    () =>
      Array.from(
        { length: batch.length / size },
        (_, i): Bytes => ({
          height: SIZE,
          width: SIZE,
          channels: 3,
          data: batch.subarray(i * size, (i + 1) * size),
        }),
      ),
    [batch],
  );
  return (
    <section class="card stack" aria-label="The last batch">
      <h2>The last batch, as the network took it</h2>
      <div class="row">
        {pictures.map((picture, i) => (
          <Picture key={i} picture={picture} label={`Picture ${i} of the batch`} size={64} />
        ))}
      </div>
    </section>
  );
}

/** The plane is drawn from -EDGE to EDGE: a tanh stays within 1. */
const EDGE = 1.1;

/** Every validation face where the two units before the last layer put it, and the border between the classes. */
export function Plane({ plane }: { readonly plane: NonNullable<Look['plane']> }) {
  const { units, border } = plane;
  const points = Array.from({ length: units.length / 2 }, (_, i) => ({ x: units[2 * i]!, y: units[2 * i + 1]!, label: i % 2 }));
  const { a, b, c } = border;
  const wrong = wrongSide(plane);
  // Where it crosses the plane: far enough out along it, from its point nearest to the middle.
  const norm = a * a + b * b || 1;
  const [midX, midY] = [(-a * c) / norm, (-b * c) / norm];
  const [alongX, alongY] = [-b / Math.sqrt(norm), a / Math.sqrt(norm)];
  return (
    <section class="card stack" aria-label="The plane of two units">
      <h2>Each face as two numbers</h2>
      <svg class="unit-plane" viewBox={`${-EDGE} ${-EDGE} ${2 * EDGE} ${2 * EDGE}`} role="img">
        <title>
          {`${points.length} faces by the two units before the last layer, ${wrong} on the wrong side of the border between the classes`}
        </title>
        <line x1={-EDGE} x2={EDGE} y1={0} y2={0} class="axis" />
        <line y1={-EDGE} y2={EDGE} x1={0} x2={0} class="axis" />
        <line x1={midX - 4 * alongX} y1={-(midY - 4 * alongY)} x2={midX + 4 * alongX} y2={-(midY + 4 * alongY)} class="border" />
        {points.map(({ x, y, label }, i) =>
          label === 0 ? (
            <circle key={i} cx={x} cy={-y} r={0.03} fill={seriesColor(0)} />
          ) : (
            <rect key={i} x={x - 0.028} y={-y - 0.028} width={0.056} height={0.056} fill={seriesColor(1)} />
          ),
        )}
      </svg>
      <p class="small">
        <span style={{ color: seriesColor(0) }}>●</span> {CLASSES[0]} <span style={{ color: seriesColor(1) }}>■</span> {CLASSES[1]}:{' '}
        {points.length} validation faces, {wrong} of them on the wrong side of the line.
      </p>
    </section>
  );
}

const SHOWN = 10;

/** What each op of a step took, the longest first. */
export function OpTimes({ times, ms }: { readonly times: readonly OpTime[]; readonly ms: number }) {
  const rest = times.slice(SHOWN);
  return (
    <section class="card stack" aria-label="Time by op">
      <Scroll>
        <table>
          <thead>
            <tr>
              <th scope="col">op</th>
              <th scope="col">layer</th>
              <th class="num">per step</th>
              <th class="num">share</th>
              <th class="num">operations</th>
              <th>
                <span class="hidden">bar</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {times.slice(0, SHOWN).map(({ op, scope, ms: own, flops }) => (
              <tr key={`${scope} ${op}`}>
                <td class="mono">{op}</td>
                <td>{scope}</td>
                <td class="num">{duration(own)}</td>
                <td class="num">{percent(own / ms, 0)}</td>
                <td class="num">{big(flops)}</td>
                <td class="bar-cell">
                  <span class="bar" style={{ width: `${(100 * own) / times[0]!.ms}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rest.length > 0 && (
        <p class="small quiet">
          {count(rest.length)} more take {duration(rest.reduce((sum, { ms: own }) => sum + own, 0))} together.
        </p>
      )}
      <p class="small">
        Convolutions take <strong>{percent(convolutionShare(times, ms), 0)}</strong> of the step's {duration(ms)}.
      </p>
    </section>
  );
}
