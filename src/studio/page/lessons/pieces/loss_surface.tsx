import { useMemo } from 'preact/hooks';
import { Legend } from '../../components/legend.js';
import { mapImage, useDrawing } from '../../draw/canvas.js';
import { number, percent } from '../../draw/format.js';
import { choose, numberOf } from '../../state/route.js';
import { type LossPoint, lossAt, lossGrid, type SurfaceLoss } from '../compute/loss_surface.js';
import { tensorOf, useShown } from './given.js';
import { Choices, choiceOf, Slider } from './slider.js';

const REACH = 5;
const SIZE = 220;
/** An arrow of a gradient of 1, in pixels. */
const ARROW = 60;

/** The loss over both logits of a picture, with the gradient at one point of it; it begins at the shown picture's logits. */
export function LossSurface() {
  const inspection = useShown();
  const shown = tensorOf(inspection, 'logits');
  const labels = tensorOf(inspection, 'labels');
  // The shown network's own loss comes first.
  const kinds: readonly SurfaceLoss[] = inspection?.loss.name.startsWith('categorical')
    ? ['categorical', 'binary']
    : ['binary', 'categorical'];
  const kind = choiceOf<SurfaceLoss>('loss', kinds);
  const label = numberOf('truth', labels?.data[1] === 1 ? 1 : 0) === 1 ? 1 : 0;
  const at = (name: string, unit: number): number => numberOf(name, clamp(shown?.data.length === 2 ? shown.data[unit]! : unit));
  const point = lossAt(kind, at('z0', 0), at('z1', 1), label);
  return (
    <div class="piece">
      <Choices name="loss" label="Loss" options={kinds} />
      <Surface kind={kind} label={label} point={point} />
      <Slider name="z0" label="logit 0" low={-REACH} high={REACH} step={0.1} initial={point.logits[0]} />
      <Slider name="z1" label="logit 1" low={-REACH} high={REACH} step={0.1} initial={point.logits[1]} />
      <Slider name="truth" label="true class" low={0} high={1} step={1} initial={label} />
      <p>
        Softmax makes {percent(point.probabilities[0])} and {percent(point.probabilities[1])} of them. Loss {number(point.loss, 4)},
        gradient ({number(point.gradient[0], 3)}, {number(point.gradient[1], 3)}): the arrow goes against it.
      </p>
    </div>
  );
}

const clamp = (value: number): number => Math.min(REACH, Math.max(-REACH, Math.round(value * 10) / 10));

interface SurfaceProps {
  readonly kind: SurfaceLoss;
  readonly label: 0 | 1;
  readonly point: LossPoint;
}

function Surface({ kind, label, point }: SurfaceProps) {
  const grid = useMemo(() => lossGrid(kind, label, REACH, SIZE), [kind, label]);
  const scale = useMemo(() => ({ kind: 'magnitude', low: 0, high: Math.max(...grid) }) as const, [grid]);
  const [z0, z1] = point.logits;
  const ref = useDrawing(
    context => {
      context.putImageData(mapImage({ data: grid }, SIZE, SIZE, scale), 0, 0);
      const pixel = (z: number): number => ((z + REACH) / (2 * REACH)) * SIZE;
      const [x, y] = [pixel(z0), SIZE - pixel(z1)];
      drawArrow(context, x, y, x - ARROW * point.gradient[0], y + ARROW * point.gradient[1]);
    },
    [grid, z0, z1],
  );
  return (
    <figure class="plane">
      <canvas
        ref={ref}
        width={SIZE}
        height={SIZE}
        role="img"
        aria-label={`Loss over both logits from ${-REACH} to ${REACH}; at ${z0} and ${z1} it is ${number(point.loss, 4)}`}
        onClick={event => {
          const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
          const z = (share: number): number => Math.round((share * 2 * REACH - REACH) * 10) / 10;
          choose({ z0: z((event.clientX - left) / width), z1: z(1 - (event.clientY - top) / height) });
        }}
      />
      <figcaption class="small quiet">
        logit 0 to the right, logit 1 upwards, both from {number(-REACH)} to {number(REACH)}
      </figcaption>
      <Legend scale={scale} label="loss" />
    </figure>
  );
}

/** A dot with an arrow that can be seen on any colour. */
function drawArrow(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  for (const [color, width] of [
    ['#11151b', 4],
    ['#ffffff', 2],
  ] as const) {
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    context.stroke();
    context.beginPath();
    context.arc(x, y, 2 + width, 0, 2 * Math.PI);
    context.fill();
  }
}
