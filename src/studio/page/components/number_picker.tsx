import { useMemo } from 'preact/hooks';
import type { Inspection, Region } from '../../../inspect/types.js';
import { number } from '../draw/format.js';
import { scaleOf } from '../draw/scale.js';
import { type Layout, layerOf, layoutOf, mostTelling, partsOf, type Spot } from '../state/layout.js';
import { model } from '../state/live.js';
import { nameOf, namesOf, numberName } from '../state/names.js';
import { choose } from '../state/route.js';
import { Place } from './index_choice.js';
import { Legend } from './legend.js';
import { ValueMap } from './value_map.js';

interface Props {
  readonly inspection: Inspection;
  readonly layout: Layout;
  readonly index: number;
  readonly field: readonly Region[];
}

/** Which number: by layer, tensor, channel, row and column or unit, or by a click on the map. */
export function NumberPicker({ inspection, layout, index, field }: Props) {
  const { tensor, data, height, width, tiles, others, unit, otherUnit, rowUnit, columnUnit, numberUnit } = layout;
  const names = namesOf(inspection, layout, model.value?.classes ?? []);
  const spot = layout.spotOf(index);
  const layer = layerOf(inspection, tensor);
  const parts = layer < 0 ? [] : partsOf(inspection, layer);
  const part = tensor.replace(/^layer\d+\//, '');
  const to = (changes: Partial<Spot>): void => choose({ index: layout.indexOf({ ...spot, ...changes }) });
  const slice = layout.slice(spot.tile, spot.other);
  const scale = useMemo(() => scaleOf({ ...slice, count: height * width }), [data, spot.tile, spot.other]);
  const { layers } = inspection;
  const near = field[0];
  const open = (next: string): void => choose({ tensor: next, index: undefined }, { history: true });
  return (
    <section class="card number-picker" aria-label="Which number">
      <div class="places">
        <label class="field">
          <span>layer</span>
          <select
            value={layer}
            onChange={event => open(event.currentTarget.value === '-1' ? 'input' : `layer${event.currentTarget.value}/output`)}
          >
            <option value={-1}>input</option>
            {inspection.layers.map(({ name, index: at }) => (
              <option key={name} value={at}>
                {at} {name}
              </option>
            ))}
          </select>
        </label>
        {parts.length > 0 && (
          <label class="field">
            <span>tensor</span>
            <select value={part} onChange={event => open(`layer${layer}/${event.currentTarget.value}`)}>
              {!parts.some(each => each.part === part) && <option value={part}>{part}</option>}
              {parts.map(each => (
                <option key={each.part} value={each.part}>
                  {each.label}
                </option>
              ))}
            </select>
          </label>
        )}
        {others > 1 && <Place label={otherUnit} value={spot.other} count={others} names={names.other} onChange={other => to({ other })} />}
        {tiles > 1 && <Place label={unit} value={spot.tile} count={tiles} names={names.tile} onChange={tile => to({ tile })} />}
        {numberUnit === undefined ? (
          <>
            {height > 1 && <Place label={rowUnit} value={spot.row} count={height} onChange={row => to({ row })} />}
            {width > 1 && (
              <Place label={columnUnit} value={spot.column} count={width} names={names.column} onChange={column => to({ column })} />
            )}
          </>
        ) : (
          height * width > 1 && (
            <Place
              label={names.number ? 'class' : numberUnit}
              value={spot.row * width + spot.column}
              count={height * width}
              names={names.number}
              onChange={at => to({ row: Math.floor(at / width), column: at % width })}
            />
          )
        )}
        {layer === inspection.layers.length - 1 && tensor !== 'loss' && (
          <button type="button" onClick={() => open('loss')}>
            The loss
          </button>
        )}
      </div>
      <div class="maps">
        <figure class="stack">
          <ValueMap
            height={height}
            width={width}
            values={slice}
            scale={scale}
            label={tensor}
            nameAt={(row, column) => numberName(layout, names, row, column)}
            size={300}
            cursor={spot}
            onPick={(row, column) => to({ row, column })}
          />
          <figcaption class="small">
            <span class="mono">{tensor}</span>
            {tiles > 1 && `, ${nameOf(unit, spot.tile, names.tile)}`}
            {numberUnit !== undefined && height * width > 1 && `, ${numberName(layout, names, spot.row, spot.column)}`}:{' '}
            <strong class="mono">{number(data[index]!)}</strong>
          </figcaption>
          <Legend scale={scale} />
        </figure>
        {near && near.tensor !== 'input' && (
          <Behind inspection={inspection} region={near} ownChannel={layers[layer]?.weights.length === 0 ? spot.tile : undefined} />
        )}
      </div>
    </section>
  );
}

/** The tensor that the layer reads, with the part that the number was computed from: of all channels the most telling, unless it was one's own alone. */
function Behind({
  inspection,
  region,
  ownChannel,
}: {
  readonly inspection: Inspection;
  readonly region: Region;
  readonly ownChannel: number | undefined;
}) {
  const layout = layoutOf(inspection, region.tensor);
  if (!layout) return null;
  const tile = Math.min(ownChannel ?? mostTelling(layout).tile, layout.tiles - 1);
  const names = namesOf(inspection, layout, []);
  const slice = layout.slice(tile, 0);
  const scale = scaleOf({ ...slice, count: layout.height * layout.width });
  return (
    <figure class="stack">
      <ValueMap
        height={layout.height}
        width={layout.width}
        values={slice}
        scale={scale}
        label={`${region.tensor}, what it is computed from`}
        size={300}
        region={region}
        onPick={(row, column) =>
          choose({ tensor: region.tensor, index: layout.indexOf({ tile, other: 0, row, column }) }, { history: true })
        }
      />
      <figcaption class="small">
        from <span class="mono">{region.tensor}</span>
        {layout.tiles > 1 && `, ${nameOf('channel', tile, names.tile)} shown`}
      </figcaption>
      <Legend scale={scale} />
    </figure>
  );
}
