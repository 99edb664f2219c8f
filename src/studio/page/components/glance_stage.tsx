import { useEffect, useRef } from 'preact/hooks';
import { byClass } from '../../../inspect/mistakes.js';
import type { Inspection } from '../../../inspect/types.js';
import { number, percent } from '../draw/format.js';
import { inTurn } from '../draw/turns.js';
import type { StageState } from '../glance/flow.js';
import { paintStage } from '../glance/paint.js';
import type { Box, Direction, PlacedStage } from '../glance/place.js';
import { gradientOf } from '../glance/stages.js';
import type { Layout } from '../state/layout.js';
import { go, linkTo } from '../state/route.js';
import { ClassName } from './class_name.js';

interface Props {
  readonly inspection: Inspection;
  readonly classes: readonly string[];
  readonly placed: PlacedStage;
  readonly direction: Direction;
  readonly state: StageState;
  /** Where the drawing ends: names stand in one row below it. */
  readonly bottom: number;
  /** Told which of the items the pointer is over. */
  onOver(item: number | undefined): void;
}

const within = ({ left, top, width, height }: Box, x: number, y: number): boolean =>
  x >= left && x < left + width && y >= top && y < top + height;

/** A stage: its maps, numbers or classes, its name, and a way to the view that shows them large. */
export function GlanceStage({ inspection, classes, placed, direction, state, bottom, onOver }: Props) {
  const { stage, box, items } = placed;
  const gradient = gradientOf(inspection, stage);
  const itemAt = (event: MouseEvent): number | undefined => {
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [x, y] = [event.clientX - left + box.left, event.clientY - top + box.top];
    const found = items.findIndex(item => within(item, x, y));
    return found < 0 ? undefined : found;
  };
  const layer = stage.layers[0];
  const target = layer === undefined ? linkTo('number', { tensor: 'input' }) : linkTo('network', { layer });
  const open = (event: MouseEvent): void => {
    const item = itemAt(event);
    if (item === undefined || layer === undefined || stage.form !== 'maps' || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go('network', { layer, show: state === 'gradient' ? 'output/gradient' : 'output', channel: stage.shown[item]! });
  };
  const place = { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` };
  const names = [stage.name, ...stage.layers.slice(1).map(index => inspection.layers[index]!.name)].join(', ');
  const label = `${names}: ${stage.shape}. ${stage.about}`;
  const caption =
    direction === 'across'
      ? { left: `${box.left + box.width / 2}px`, top: `${bottom + 8}px` }
      : { left: `${box.left + box.width / 2}px`, top: `${box.top - 24}px` };
  return (
    <>
      <a
        class={`glance-stage ${state} ${stage.form}`}
        href={target}
        style={place}
        aria-label={stage.form === 'classes' ? undefined : label}
        onClick={open}
        onMouseMove={event => onOver(itemAt(event))}
        onMouseLeave={() => onOver(undefined)}
      >
        {stage.form === 'classes' ? (
          <>
            <span class="hidden">{label}</span>
            <Classes inspection={inspection} classes={classes} placed={placed} gradient={gradient} state={state} />
          </>
        ) : (
          <>
            <Painted placed={placed} inspection={inspection} layout={stage.layout} kind="values" />
            {gradient && <Painted placed={placed} inspection={inspection} layout={gradient} kind="gradient" />}
          </>
        )}
      </a>
      <p class="glance-name" style={caption} aria-hidden="true">
        <strong>{breakable(stage.name)}</strong> <span>{stage.shape}</span>
        {stage.hidden > 0 && <span class="more">{stage.hidden} more</span>}
      </p>
    </>
  );
}

/** A name that may be broken behind its underscores, not before a number alone. */
const breakable = (name: string) => name.split(/(?<=_)(?!\d+$)/).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]));

interface PaintedProps {
  readonly placed: PlacedStage;
  readonly inspection: Inspection;
  readonly layout: Layout;
  readonly kind: 'values' | 'gradient';
}

function Painted({ placed, inspection, layout, kind }: PaintedProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(
    () => inTurn(ref, () => ref.current && paintStage(ref.current, placed, inspection, layout, kind)),
    [placed, inspection, layout],
  );
  return <canvas ref={ref} class={kind} />;
}

interface ClassesProps {
  readonly inspection: Inspection;
  readonly classes: readonly string[];
  readonly placed: PlacedStage;
  readonly gradient: Layout | undefined;
  readonly state: StageState;
}

/** CSS pixels that a class' number and the row's borders take, and a character of its name. */
const NUMBER_WIDTH = 85;
const CHARACTER_WIDTH = 8;

/** What is said of each class that is shown, with the label marked, or the gradient of it. */
function Classes({ inspection, classes, placed: { stage, box }, gradient, state }: ClassesProps) {
  const most = Math.max(8, Math.floor((box.width - NUMBER_WIDTH) / CHARACTER_WIDTH));
  const shares = byClass(inspection.tensors.probabilities?.data ?? stage.layout.data, inspection.loss);
  const given = inspection.tensors.labels?.data ?? [];
  const labels = given.length === 1 ? [1 - given[0]!, given[0]!] : given;
  const shown = stage.shown.length === shares.length ? stage.shown : stage.shown.length === 1 ? [0, 1] : stage.shown;
  return (
    <span class="glance-classes">
      {shown.map(index => (
        <span key={index} class={labels[index] === 1 ? 'row label' : 'row'}>
          <span class="bar" style={{ width: state === 'waiting' ? '0' : `${100 * shares[index]!}%` }} />
          <span class="what">
            <ClassName name={classes[index] ?? `class ${index}`} most={most} />
          </span>
          <span class="num">
            {state === 'gradient' && gradient && index < gradient.data.length
              ? number(gradient.data[index]!, 3)
              : state === 'waiting'
                ? ''
                : percent(shares[index]!)}
          </span>
        </span>
      ))}
    </span>
  );
}
