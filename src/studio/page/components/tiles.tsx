import { useMemo } from 'preact/hooks';
import { useDrawing } from '../draw/canvas.js';
import { paint, type Scale, type Slice, scaleOf } from '../draw/scale.js';

interface Props {
  /** One a tile. */
  readonly tiles: readonly Slice[];
  readonly height: number;
  readonly width: number;
  readonly scale: Scale;
  /** Each tile from its own least to its own largest number. */
  readonly each: boolean;
  readonly selected?: number | undefined;
  readonly label: string;
  /** What a tile is: 'channel', 'filter'. */
  readonly unit: string;
  readonly onSelect: (tile: number) => void;
}

const GAP = 2;

/** Larger tiles are drawn by every second pixel, and so on: a screen has no room for all. */
const LARGEST = 80;

/** Tiles are drawn at least so large, for small kernels to be seen. */
const SMALLEST = 24;

/** Many maps as tiles of one canvas. A click or the arrow keys choose one. */
export function Tiles({ tiles, height, width, scale, each, selected, label, unit, onSelect }: Props) {
  const skip = Math.max(1, Math.ceil(Math.max(height, width) / LARGEST));
  const grow = Math.max(1, Math.ceil(SMALLEST / Math.max(height, width)));
  const [h, w] = [Math.ceil(height / skip) * grow, Math.ceil(width / skip) * grow];
  const columns = Math.min(tiles.length, Math.max(1, Math.round(Math.sqrt((tiles.length * 1.6 * h) / w))));
  const rows = Math.ceil(tiles.length / columns);
  const [stepX, stepY] = [w + GAP, h + GAP];
  const scales = useMemo(
    () => (each ? tiles.map(tile => scaleOf({ ...tile, count: height * width })) : undefined),
    [tiles, each, height, width],
  );
  const ref = useDrawing(
    context => {
      const image = new ImageData(columns * stepX - GAP, rows * stepY - GAP);
      tiles.forEach(({ data, offset = 0, stride = 1 }, tile) => {
        const own = scales?.[tile] ?? scale;
        const [left, top] = [(tile % columns) * stepX, Math.floor(tile / columns) * stepY];
        for (let y = 0; y < h; y++) {
          const row = Math.floor(y / grow) * skip;
          for (let x = 0; x < w; x++) {
            const from = offset + (row * width + Math.floor(x / grow) * skip) * stride;
            paint(image.data, 4 * ((top + y) * image.width + left + x), own, data[from]!);
          }
        }
      });
      context.putImageData(image, 0, 0);
    },
    [tiles, scales, scale.kind, scale.low, scale.high, columns, h, w],
  );
  const [across, down] = [columns * stepX - GAP, rows * stepY - GAP];
  const pick = (event: MouseEvent): void => {
    if (event.detail === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const column = Math.floor((((event.clientX - box.left) / box.width) * across) / stepX);
    const tile = Math.floor((((event.clientY - box.top) / box.height) * down) / stepY) * columns + column;
    if (tile >= 0 && tile < tiles.length) onSelect(tile);
  };
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onSelect(Math.min(tiles.length - 1, Math.max(0, (selected ?? 0) + by)));
  };
  const chosen = selected !== undefined && selected < tiles.length ? selected : undefined;
  return (
    <button
      type="button"
      class="map-frame pick tiles"
      style={{ width: `${Math.min(2.5, Math.max(1, 500 / across)) * across}px`, aspectRatio: `${across} / ${down}` }}
      aria-label={`${label}: ${tiles.length} ${unit}s as tiles${chosen === undefined ? '' : `, ${unit} ${chosen} chosen`}. Arrow keys choose.`}
      onClick={pick}
      onKeyDown={move}
    >
      <canvas ref={ref} class="pixels" width={across} height={down} style={{ width: '100%', height: '100%' }} />
      {chosen !== undefined && (
        <span
          class="mark cursor"
          style={{
            left: `${(100 * (chosen % columns) * stepX) / across}%`,
            top: `${(100 * Math.floor(chosen / columns) * stepY) / down}%`,
            width: `${(100 * w) / across}%`,
            height: `${(100 * h) / down}%`,
          }}
        />
      )}
    </button>
  );
}
