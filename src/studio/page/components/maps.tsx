import { useMemo, useState } from 'preact/hooks';
import type { Inspection } from '../../../inspect/types.js';
import { pictureImage, useDrawing } from '../draw/canvas.js';
import { number } from '../draw/format.js';
import { rangeOf, scaleOf } from '../draw/scale.js';
import { type Layout, mostTelling } from '../state/layout.js';
import { model } from '../state/live.js';
import { nameOf, namesOf, numberName } from '../state/names.js';
import { choose, go, numberOf, params } from '../state/route.js';
import { IndexChoice } from './index_choice.js';
import { Legend } from './legend.js';
import { Tiles } from './tiles.js';
import { ValueMap } from './value_map.js';

interface MapsProps {
  readonly inspection: Inspection;
  readonly layout: Layout;
  readonly label: string;
}

/** A tensor as tiles, and the chosen one of them large. A click on a number goes to how it was computed. */
export function Maps({ inspection, layout, label }: MapsProps) {
  const { tiles, others, height, width, unit, otherUnit, numberUnit, data, tensor } = layout;
  const names = namesOf(inspection, layout, model.value?.classes ?? []);
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
  const name = nameOf(unit, tile, names.tile);
  const isColor = tensor.endsWith('/kernel') && others === 3;
  return (
    <div class="stack">
      <div class="row small">
        {others > 1 && (
          <div class="labelled">
            <span class="quiet">{otherUnit}</span>
            <IndexChoice label={otherUnit} value={other} count={others} names={names.other} onChange={value => choose({ other: value })} />
          </div>
        )}
        {tiles > 1 && (
          <div class="labelled">
            <span class="quiet">{unit}</span>
            <IndexChoice label={unit} value={tile} count={tiles} names={names.tile} onChange={value => choose({ channel: value })} />
          </div>
        )}
        {tiles > 1 && (
          <label>
            <input type="checkbox" checked={each} onChange={event => choose({ scale: event.currentTarget.checked ? 'each' : undefined })} />
            a colour scale for each
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
            label={`${label}${tiles > 1 ? `, ${name}` : ''}`}
            nameAt={(row, column) => numberName(layout, names, row, column)}
            size={300}
            cursor={cursor}
            onMove={(row, column) => setCursor({ row, column })}
            onPick={(row, column) => go('number', { tensor, index: layout.indexOf({ tile, other, row, column }) })}
          />
          <Legend scale={own} label={tiles > 1 ? `${name} alone` : ''} />
          <p class="small quiet">
            {tiles > 1 && `${name}, `}
            {numberUnit === undefined ? `${height} × ${width}` : count(height * width, numberUnit)}, from {number(low, 3)} to{' '}
            {number(high, 3)}. Click a number to see how it was computed; arrow keys and Enter do the same.
          </p>
        </div>
      </div>
      {isColor && <ColorFilters layout={layout} selected={tile} />}
    </div>
  );
}

/** '12 units', '1 unit'. */
const count = (many: number, unit: string): string => `${many} ${unit}${many === 1 ? '' : 's'}`;

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
