import { linkHorizontal, linkVertical } from 'd3-shape';
import { useMemo } from 'preact/hooks';
import type { Inspection } from '../../../inspect/types.js';
import type { Box, Direction, Placed, PlacedStage } from '../glance/place.js';
import { strengths } from '../glance/stages.js';

/** Lines between two stages that are drawn at most: the strongest to each of what the second shows. */
const MOST = 90;

/** Weaker ones are not drawn. */
const WEAKEST = 0.06;

interface Line {
  readonly path: string;
  readonly strength: number;
  readonly from: number;
  readonly to: number;
}

type Point = [number, number];

const pathOf = {
  across: linkHorizontal<unknown, { source: Point; target: Point }, Point>(),
  down: linkVertical<unknown, { source: Point; target: Point }, Point>(),
} as const;

/** From the end of a stage to the beginning of the next, beside the items that it joins: what stands between would hide the rest. */
function ends(from: PlacedStage, source: Box, to: PlacedStage, target: Box, direction: Direction): { source: Point; target: Point } {
  return direction === 'across'
    ? { source: [from.box.left + from.box.width, source.top + source.height / 2], target: [to.box.left, target.top + target.height / 2] }
    : { source: [source.left + source.width / 2, from.box.top + from.box.height], target: [target.left + target.width / 2, to.box.top] };
}

function linesOf(inspection: Inspection, from: PlacedStage, to: PlacedStage, direction: Direction): Line[] {
  const found = strengths(inspection, from.stage, to.stage);
  const each = Math.max(1, Math.floor(MOST / to.items.length));
  return to.items.flatMap((target, t) => {
    const lines = from.items.map(
      (source, f): Line => ({
        path: pathOf[direction](ends(from, source, to, target, direction)) ?? '',
        strength: found?.[t]?.[f] ?? 0.3,
        from: f,
        to: t,
      }),
    );
    // Of equal ones each target takes others.
    const turn = ({ from: f }: Line): number => (f + t) % from.items.length;
    return lines
      .filter(({ strength }) => strength > WEAKEST)
      .sort((a, b) => b.strength - a.strength || turn(a) - turn(b))
      .slice(0, each);
  });
}

interface Props {
  readonly inspection: Inspection;
  readonly placed: Placed;
  readonly direction: Direction;
  readonly step: number;
  /** Whether the flow goes on by itself. */
  readonly moves: boolean;
  readonly over: { readonly stage: number; readonly item: number } | undefined;
}

/** Lines between the stages, as strong as what goes along them; those on which something moves now are lit. */
export function GlanceLines({ inspection, placed, direction, step, moves, over }: Props) {
  const { stages, width, height } = placed;
  const pairs = useMemo(
    () => stages.slice(1).map((to, i) => linesOf(inspection, stages[i]!, to, direction)),
    [inspection, placed, direction],
  );
  const count = stages.length;
  return (
    <svg class={`glance-lines${moves ? ' moves' : ''}`} width={width} height={height} aria-hidden="true">
      {pairs.map((lines, i) => {
        const state = step === i + 1 ? 'forward' : step === 2 * count - i ? 'backward' : step > i ? 'passed' : 'ahead';
        return (
          <g key={stages[i]!.stage.tensor} class={state}>
            {lines.map(({ path, strength, from, to }) => {
              const isNear = over && ((over.stage === i && over.item === from) || (over.stage === i + 1 && over.item === to));
              return (
                <path key={`${from} ${to}`} d={path} class={isNear ? 'near' : undefined} style={{ '--strength': strength.toFixed(3) }} />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
