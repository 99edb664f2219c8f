import { useMemo } from 'preact/hooks';
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
export function SweepMaps({ terms: { terms }, size: [height, width] }: Props) {
  const maps = useMemo(() => {
    const map = (label: string, data: Float64Array, at?: (place: number) => Place | undefined) => ({
      label,
      data,
      at,
      scale: scaleOf({ data }),
    });
    return [
      map(
        'What the weight saw',
        Float64Array.from(terms, ({ left }) => left),
        place => terms[place]!.leftAt,
      ),
      map(
        "The outputs' gradients",
        Float64Array.from(terms, ({ right }) => right),
        place => terms[place]!.rightAt,
      ),
      map(
        'Products',
        Float64Array.from(terms, ({ product }) => product),
      ),
    ];
  }, [terms]);
  return (
    <div class="window-row sweep">
      {maps.map(({ label, data, at, scale }, i) => (
        <>
          {i > 0 && <span aria-hidden="true">{i === 1 ? '×' : '='}</span>}
          <figure key={label} class="stack">
            <ValueMap
              height={height}
              width={width}
              values={{ data }}
              scale={scale}
              label={label}
              size={210}
              onPick={
                at &&
                ((row, column) => {
                  const place = at(row * width + column);
                  if (place) go('number', { tensor: place.tensor, index: place.index });
                })
              }
            />
            <figcaption class="small quiet">{label}</figcaption>
            <Legend scale={scale} />
          </figure>
        </>
      ))}
    </div>
  );
}
