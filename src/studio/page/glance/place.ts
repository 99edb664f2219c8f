import type { Stage } from './stages.js';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where a stage stands, in CSS pixels: its box, and those of what it shows, within the whole drawing. */
export interface PlacedStage {
  readonly stage: Stage;
  readonly box: Box;
  readonly items: readonly Box[];
}

export interface Placed {
  readonly stages: readonly PlacedStage[];
  readonly width: number;
  readonly height: number;
}

/** 'across': from left to right, as on a desk; 'down': from top to bottom, as on a phone. */
export type Direction = 'across' | 'down';

const GAP = 5;
/** Side of the cell of a number of a layer without places. */
const CELL = 13;
/** Room for a stage's name, along the way and beside it. */
const NAME = { across: 92, down: 30 } as const;
/** Room between two stages, for the lines. */
const APART = { across: 38, down: 30 } as const;
/** What a map's pixel takes at most and at least. */
const [LARGEST, LEAST] = [6, 0.16];
/** Maps are not drawn smaller than this. */
const LEAST_MAP = 14;
const CLASSES = { across: [206, 27], down: [330, 27] } as const;

interface Sizes {
  /** Of one item, and how many stand along the way and beside it. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  readonly gap: number;
}

/** How the items of a stage are laid out where a pixel takes `scale`, and `beside` is the room across the way. */
function sizesOf({ form, layout, shown }: Stage, scale: number, direction: Direction, beside: number): Sizes {
  const count = form === 'picture' ? 1 : shown.length;
  if (form === 'classes') {
    const [width, height] = CLASSES[direction];
    return { width, height, columns: 1, rows: count, gap: 3 };
  }
  const grow = Math.max(1, LEAST_MAP / (scale * Math.max(layout.height, layout.width)));
  const width = form === 'numbers' ? CELL : scale * grow * layout.width;
  const height = form === 'numbers' ? CELL : scale * grow * layout.height;
  const gap = form === 'numbers' ? 2 : GAP;
  const fits = Math.max(1, Math.floor((beside + gap) / ((direction === 'across' ? height : width) + gap)));
  const along = Math.ceil(count / fits);
  // As even as they divide: 3 and 3 rather than 5 and 1.
  const each = Math.ceil(count / along);
  return direction === 'across' ? { width, height, columns: along, rows: each, gap } : { width, height, columns: each, rows: along, gap };
}

const spanOf = (size: number, count: number, gap: number): number => count * size + (count - 1) * gap;

/** Lays stages out in a room: maps in proportion to one another, as large as fits. `beside`: the room across the way. */
export function placeStages(
  stages: readonly Stage[],
  direction: Direction,
  room: { readonly along: number; readonly beside: number },
): Placed {
  const isAcross = direction === 'across';
  const measure = (scale: number): { readonly sizes: Sizes[]; readonly along: number[]; readonly total: number } => {
    const sizes = stages.map(stage => sizesOf(stage, scale, direction, room.beside));
    const along = sizes.map(({ width, height, columns, rows, gap }) =>
      isAcross ? Math.max(spanOf(width, columns, gap), NAME.across) : spanOf(height, rows, gap) + NAME.down,
    );
    return { sizes, along, total: along.reduce((sum, each) => sum + each, 0) + (stages.length - 1) * APART[direction] };
  };
  let scale = LARGEST;
  const widest = Math.max(...stages.map(({ layout }) => layout.width));
  // A map as wide as the room is the largest there can be on a phone.
  if (!isAcross) scale = Math.min(scale, (0.36 * room.beside) / widest);
  let found = measure(scale);
  while (isAcross && found.total > room.along && scale > LEAST) {
    scale *= 0.94;
    found = measure(scale);
  }
  const { sizes, along, total } = found;
  const beside = sizes.map(({ width, height, columns, rows, gap }) => (isAcross ? spanOf(height, rows, gap) : spanOf(width, columns, gap)));
  const middle = Math.max(...beside) / 2;
  const spare = isAcross ? Math.max(0, room.along - total) / Math.max(1, stages.length - 1) : 0;
  let at = 0;
  const placed = stages.map((stage, i): PlacedStage => {
    const { width, height, columns, gap } = sizes[i]!;
    const count = stage.form === 'picture' ? 1 : stage.shown.length;
    const rows = Math.ceil(count / columns);
    const [w, h] = [spanOf(width, columns, gap), spanOf(height, rows, gap)];
    const left = isAcross ? at + (along[i]! - w) / 2 : Math.max(0, room.beside / 2 - w / 2);
    const top = isAcross ? middle - h / 2 : at + NAME.down;
    at += along[i]! + APART[direction] + spare;
    const items = Array.from({ length: count }, (_, item): Box => {
      const [column, row] = [item % columns, Math.floor(item / columns)];
      return { left: left + column * (width + gap), top: top + row * (height + gap), width, height };
    });
    return { stage, box: { left, top, width: w, height: h }, items };
  });
  const length = at - APART[direction] - spare;
  return isAcross
    ? { stages: placed, width: Math.max(length, room.along), height: 2 * middle }
    : { stages: placed, width: room.beside, height: length };
}
