import { Fragment } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Place, Terms } from '../../../inspect/types.js';
import { scaleOf } from '../draw/scale.js';
import { go } from '../state/route.js';
import { Legend } from './legend.js';
import { ValueMap } from './value_map.js';

interface Props {
  readonly terms: Terms;
  /** Rows and columns of the layer's output. */
  readonly size: readonly [number, number];
}

/** The terms of a weight's gradient, one for each place that it was used at, as maps: what it saw there times what came back. */
export function SweepMaps({ terms: { terms }, size }: Props) {
  const maps = useMemo(
    () => [
      { label: 'What the weight saw', data: Float64Array.from(terms, ({ left }) => left), at: (place: number) => terms[place]!.leftAt },
      {
        label: "The outputs' gradients",
        data: Float64Array.from(terms, ({ right }) => right),
        at: (place: number) => terms[place]!.rightAt,
      },
      { label: 'Products', data: Float64Array.from(terms, ({ product }) => product) },
    ],
    [terms],
  );
  return (
    <div class="window-row">
      {maps.map((map, i) => (
        <Fragment key={map.label}>
          {i > 0 && <span aria-hidden="true">{i === 1 ? '×' : '='}</span>}
          <SweepMap {...map} size={size} />
        </Fragment>
      ))}
    </div>
  );
}

interface MapProps {
  readonly label: string;
  readonly data: Float64Array;
  /** Where a place's number lies in a buffer; absent for numbers that lie in none. */
  readonly at?: (place: number) => Place | undefined;
  readonly size: readonly [number, number];
}

function SweepMap({ label, data, at, size: [height, width] }: MapProps) {
  const scale = useMemo(() => scaleOf({ data }), [data]);
  /** Where the arrow keys stand; Enter picks that number. */
  const [cursor, setCursor] = useState<{ readonly row: number; readonly column: number } | undefined>(undefined);
  const pick = (row: number, column: number): void => {
    const place = at!(row * width + column);
    if (place) go('number', { tensor: place.tensor, index: place.index });
  };
  return (
    <figure class="stack">
      <ValueMap
        height={height}
        width={width}
        values={{ data }}
        scale={scale}
        label={label}
        size={210}
        cursor={cursor}
        onMove={(row, column) => setCursor({ row, column })}
        onPick={at && pick}
      />
      <figcaption class="small quiet">{label}</figcaption>
      <Legend scale={scale} />
    </figure>
  );
}
