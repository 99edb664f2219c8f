import { useMemo } from 'preact/hooks';
import { Legend } from '../../components/legend.js';
import { mapImage, useDrawing } from '../../draw/canvas.js';
import { number } from '../../draw/format.js';
import { numberOf } from '../../state/route.js';
import { adamPath, SURFACES, type Surface, sgdPath } from '../compute/descent.js';
import { Choices, choiceOf, Slider } from './slider.js';

const SIZE = 240;
const NAMES = SURFACES.map(({ name }) => name);

/** Of a path: its colour, whether it is dashed, its name. */
const LINES = [
  { name: 'plain descent', color: '#ffffff', dash: [] },
  { name: 'with momentum 0.9', color: '#ffffff', dash: [2, 3] },
  { name: 'Adam', color: '#ff9d3b', dash: [] },
] as const;

/** The same two weights under three optimizers, each step by the engine's reference update. */
export function OptimizerPaths() {
  const surface = SURFACES.find(({ name }) => name === choiceOf('surface', NAMES))!;
  const sgdRate = 10 ** numberOf('sgd', -1.7);
  const adamRate = 10 ** numberOf('adam', -1);
  const steps = numberOf('steps', 60);
  const paths = useMemo(
    () => [sgdPath(surface, sgdRate, steps), sgdPath(surface, sgdRate, steps, 0.9), adamPath(surface, adamRate, steps)],
    [surface, sgdRate, adamRate, steps],
  );
  return (
    <div class="piece">
      <Choices name="surface" label="Surface" options={NAMES} />
      <Paths surface={surface} paths={paths} />
      <Slider name="sgd" label="rate of descent" low={-3} high={0} step={0.1} initial={-1.7} show={power => number(10 ** power, 2)} />
      <Slider name="adam" label="rate of Adam" low={-3} high={0} step={0.1} initial={-1} show={power => number(10 ** power, 2)} />
      <Slider name="steps" label="steps" low={1} high={200} step={1} initial={60} />
      <table>
        <thead>
          <tr>
            <th scope="col">path</th>
            <th scope="col">steps</th>
            <th scope="col">loss at its end</th>
          </tr>
        </thead>
        <tbody>
          {paths.map((path, i) => {
            const [x, y] = path.slice(-2) as unknown as [number, number];
            const made = path.length / 2 - 1;
            return (
              <tr key={LINES[i]!.name}>
                <th scope="row">
                  <svg class="dash" viewBox="0 0 24 6" aria-hidden="true">
                    <line x1="0" y1="3" x2="24" y2="3" stroke={LINES[i]!.color} stroke-dasharray={LINES[i]!.dash.join(' ')} />
                  </svg>{' '}
                  {LINES[i]!.name}
                </th>
                <td class="num">{made}</td>
                <td class="num">{made < steps ? 'ran away' : number(surface.loss(x, y), 3)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Paths({ surface, paths }: { readonly surface: Surface; readonly paths: readonly Float64Array[] }) {
  const { reach } = surface;
  // Colours follow the logarithm: the valley's floor would be one colour otherwise.
  const grid = useMemo(
    () =>
      Float64Array.from({ length: SIZE * SIZE }, (_, i) => {
        const at = (pixel: number): number => ((pixel + 0.5) / SIZE) * 2 * reach - reach;
        return Math.log10(surface.loss(at(i % SIZE), -at(Math.floor(i / SIZE))) + 1e-3);
      }),
    [surface],
  );
  const scale = useMemo(() => ({ kind: 'magnitude', low: -3, high: Math.max(...grid) }) as const, [grid]);
  const ref = useDrawing(
    context => {
      context.putImageData(mapImage({ data: grid }, SIZE, SIZE, scale), 0, 0);
      context.lineJoin = 'round';
      for (const [i, path] of paths.entries()) draw(context, path, reach, LINES[i]!);
    },
    [grid, paths],
  );
  return (
    <figure class="plane">
      <canvas ref={ref} width={SIZE} height={SIZE} role="img" aria-label={`Paths of three optimizers over the ${surface.name}`} />
      <figcaption class="small quiet">
        two weights, both from {number(-reach)} to {number(reach)}
      </figcaption>
      <Legend scale={scale} label="log10 of the loss" />
    </figure>
  );
}

function draw(context: CanvasRenderingContext2D, path: Float64Array, reach: number, { color, dash }: (typeof LINES)[number]): void {
  const pixel = (value: number): number => ((value + reach) / (2 * reach)) * SIZE;
  const trace = (width: number, style: string): void => {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    for (let i = 0; i < path.length; i += 2) context.lineTo(pixel(path[i]!), SIZE - pixel(path[i + 1]!));
    context.stroke();
  };
  context.setLineDash([]);
  trace(3.5, '#11151b');
  context.setLineDash([...dash]);
  trace(1.8, color);
  context.setLineDash([]);
}
