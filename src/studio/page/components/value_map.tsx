import { mapImage, pictureImage, useDrawing } from '../draw/canvas.js';
import { number } from '../draw/format.js';
import type { Scale, Slice } from '../draw/scale.js';
import type { Picture } from '../state/api.js';

/** Rows and columns of a map, from its top left. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

interface Props {
  readonly height: number;
  readonly width: number;
  /** What is drawn: numbers, or a picture of the same size. */
  readonly values: Slice;
  readonly scale: Scale;
  readonly picture?: Picture | undefined;
  /** For people who can't see it: what it is a map of. */
  readonly label: string;
  /** What a number is called; by its row and column where this is absent. */
  readonly nameAt?: ((row: number, column: number) => string) | undefined;
  /** CSS pixels across at most. */
  readonly size: number;
  readonly cursor?: { readonly row: number; readonly column: number } | undefined;
  /** A part that is marked. */
  readonly region?: Box | undefined;
  readonly onPick?: ((row: number, column: number) => void) | undefined;
  /** What the arrow keys do; where it is absent they pick, if there is a cursor to move. */
  readonly onMove?: ((row: number, column: number) => void) | undefined;
}

const placeName = (row: number, column: number): string => `row ${row}, column ${column}`;

const percentBox = ({ top, left, height, width }: Box, rows: number, columns: number) => ({
  top: `${(100 * top) / rows}%`,
  left: `${(100 * left) / columns}%`,
  height: `${(100 * height) / rows}%`,
  width: `${(100 * width) / columns}%`,
});

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** One map of numbers, a cell a number: a click or the arrow keys choose one. */
export function ValueMap(props: Props) {
  const { height, width, values, scale, picture, label, nameAt = placeName, size, cursor, region, onPick } = props;
  const { onMove = cursor && onPick } = props;
  const { data, offset = 0, stride = 1 } = values;
  const ref = useDrawing(
    context => context.putImageData(picture ? pictureImage(picture) : mapImage(values, height, width, scale), 0, 0),
    [data, offset, stride, height, width, scale.kind, scale.low, scale.high, picture],
  );
  const valueAt = (row: number, column: number): number => data[offset + (row * width + column) * stride]!;
  const text = cursor
    ? `${label}: ${nameAt(cursor.row, cursor.column)}: ${number(valueAt(cursor.row, cursor.column))}`
    : `${label}, ${height} rows, ${width} columns, from ${number(scale.low, 3)} to ${number(scale.high, 3)}`;
  // Cells stay square: a map of 5 columns and 1 row is a strip.
  const across = Math.min(size, Math.max(width * 2, width >= height ? size : (size * width) / height));
  const frame = { width: `${across}px`, aspectRatio: `${width} / ${height}` };
  const drawing = <canvas ref={ref} class="pixels" width={width} height={height} style={{ width: '100%', height: '100%' }} />;
  const marks = (
    <>
      {region && <span class="mark region" style={percentBox(region, height, width)} />}
      {cursor && (
        <span class="mark cursor" style={percentBox({ top: cursor.row, left: cursor.column, height: 1, width: 1 }, height, width)} />
      )}
    </>
  );
  if (!onPick) {
    return (
      <div class="map-frame" style={frame} role="img" aria-label={text}>
        {drawing}
        {marks}
      </div>
    );
  }
  const move = (event: KeyboardEvent): void => {
    const by = KEYS[event.key];
    if (!by || !onMove) return;
    event.preventDefault();
    const leap = event.shiftKey ? 10 : 1;
    const row = Math.min(height - 1, Math.max(0, (cursor?.row ?? 0) + leap * by[0]));
    const column = Math.min(width - 1, Math.max(0, (cursor?.column ?? 0) + leap * by[1]));
    onMove(row, column);
  };
  const placeOf = (event: MouseEvent): [number, number] => {
    const { left, top, width: w, height: h } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const inside = (share: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return [inside((event.clientY - top) / h, height), inside((event.clientX - left) / w, width)];
  };
  const pick = (event: MouseEvent): void => {
    // A click by the keyboard has no place.
    if (event.detail === 0) {
      onPick(cursor?.row ?? 0, cursor?.column ?? 0);
      return;
    }
    onPick(...placeOf(event));
  };
  const tell = (event: MouseEvent): void => {
    const [row, column] = placeOf(event);
    (event.currentTarget as HTMLElement).title = `${nameAt(row, column)}: ${number(valueAt(row, column))}`;
  };
  return (
    <button type="button" class="map-frame pick" style={frame} aria-label={text} onClick={pick} onKeyDown={move} onMouseMove={tell}>
      {drawing}
      {marks}
    </button>
  );
}
