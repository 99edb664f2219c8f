import { useMemo, useState } from 'preact/hooks';
import { pictureImage, useDrawing } from '../draw/canvas.js';
import { number } from '../draw/format.js';
import { rangeOf, scaleOf } from '../draw/scale.js';
import { type Layout, mostTelling } from '../state/layout.js';
import { choose, go, numberOf, params } from '../state/route.js';
import { Legend } from './legend.js';
import { Tiles } from './tiles.js';
import { ValueMap } from './value_map.js';

/** A tensor as tiles, and the chosen one of them large. A click on a number goes to how it came about. */
export function Maps({ layout, label }: { readonly layout: Layout; readonly label: string }) {
  const { tiles, others, height, width, unit, otherUnit, data, tensor } = layout;
  const telling = useMemo(() => mostTelling(layout), [data]);
  const tile = Math.min(tiles - 1, numberOf('channel', telling.tile));
  const other = Math.min(others - 1, numberOf('other', telling.other));
  const each = params.value.scale === 'each';
  const scale = useMemo(() => scaleOf({ data }), [data]);
  const slices = useMemo(() => Array.from({ length: tiles }, (_, i) => layout.slice(i, other)), [data, tiles, other]);
  /** Where the arrow keys stand; Enter picks that number. */
  const [cursor, setCursor] = useState<{ readonly row: number; readonly column: number } | undefined>(undefined);
  const chosen = layout.slice(tile, other);
  const own = useMemo(() => scaleOf(chosen), [data, tile, other]);
  const [low, high] = rangeOf(chosen);
  const isColor = tensor.endsWith('/kernel') && others === 3;
  return (
    <div class="stack">
      <div class="row small">
        {others > 1 && (
          <label>
            <span class="quiet">{otherUnit}</span>
            <input
              type="number"
              min={0}
              max={others - 1}
              value={other}
              onChange={event => choose({ other: Math.min(others - 1, Math.max(0, event.currentTarget.valueAsNumber || 0)) })}
            />
          </label>
        )}
        {tiles > 1 && (
          <label>
            <span class="quiet">{unit}</span>
            <input
              type="number"
              min={0}
              max={tiles - 1}
              value={tile}
              onChange={event => choose({ channel: Math.min(tiles - 1, Math.max(0, event.currentTarget.valueAsNumber || 0)) })}
            />
          </label>
        )}
        {tiles > 1 && (
          <label>
            <input type="checkbox" checked={each} onChange={event => choose({ scale: event.currentTarget.checked ? 'each' : undefined })} />
            tiles by scales of their own
          </label>
        )}
      </div>
      <div class="maps">
        {tiles > 1 && (
          <div class="tiles-card">
            <Tiles
              tiles={slices}
              height={height}
              width={width}
              scale={scale}
              each={each}
              selected={tile}
              label={label}
              unit={unit}
              onSelect={channel => choose({ channel })}
            />
            {each ? (
              <p class="small quiet">each {unit} from its least to its largest number</p>
            ) : (
              <Legend scale={scale} label={`all ${unit}s`} />
            )}
          </div>
        )}
        <div class="stack">
          <ValueMap
            height={height}
            width={width}
            values={chosen}
            scale={own}
            label={`${label}${tiles > 1 ? `, ${unit} ${tile}` : ''}`}
            size={300}
            cursor={cursor}
            onMove={(row, column) => setCursor({ row, column })}
            onPick={(row, column) => go('number', { tensor, index: layout.indexOf({ tile, other, row, column }) })}
          />
          <Legend scale={own} label={tiles > 1 ? `${unit} ${tile} alone` : ''} />
          <p class="small quiet">
            {tiles > 1 && `${unit} ${tile}, `}
            {height} × {width}, from {number(low, 3)} to {number(high, 3)}. Click a number to see how it was computed; arrow keys and Enter
            do the same.
          </p>
        </div>
      </div>
      {isColor && <ColorFilters layout={layout} selected={tile} />}
    </div>
  );
}

/** Filters over red, green and blue as the colours that they like: each from its least (black) to its largest weight. */
function ColorFilters({ layout, selected }: { readonly layout: Layout; readonly selected: number }) {
  const { tiles, height, width, data } = layout;
  const pictures = useMemo(
    () =>
      Array.from({ length: tiles }, (_, tile) => {
        const indices = Array.from({ length: height * width }, (_, i) =>
          [0, 1, 2].map(other => layout.indexOf({ tile, other, row: Math.floor(i / width), column: i % width })),
        ).flat();
        const values = indices.map(index => data[index]!);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        return { height, width, channels: 3, data: Uint8Array.from(values, value => (255 * (value - low)) / (high - low || 1)) };
      }),
    [data],
  );
  return (
    <div>
      <h2 class="quiet small">The same filters as colours</h2>
      <div class="color-filters">
        {pictures.map((picture, tile) => (
          <ColorFilter key={tile} picture={picture} tile={tile} selected={tile === selected} />
        ))}
      </div>
    </div>
  );
}

interface FilterProps {
  readonly picture: Parameters<typeof pictureImage>[0];
  readonly tile: number;
  readonly selected: boolean;
}

function ColorFilter({ picture, tile, selected }: FilterProps) {
  const ref = useDrawing(context => context.putImageData(pictureImage(picture), 0, 0), [picture]);
  return (
    <button type="button" aria-pressed={selected} aria-label={`Filter ${tile}`} onClick={() => choose({ channel: tile })}>
      <canvas ref={ref} class="pixels" width={picture.width} height={picture.height} />
    </button>
  );
}
