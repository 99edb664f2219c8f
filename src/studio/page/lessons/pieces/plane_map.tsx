import { Legend } from '../../components/legend.js';
import { ValueMap } from '../../components/value_map.js';
import { type Scale, scaleOf } from '../../draw/scale.js';
import type { Plane } from './given.js';

interface Props {
  readonly plane: Plane;
  readonly label: string;
  /** Default: from the numbers. */
  readonly scale?: Scale;
  readonly size?: number;
}

/** One map with its caption and the numbers of its colours. */
export function PlaneMap({ plane: { data, height, width }, label, scale = scaleOf({ data }), size = 130 }: Props) {
  return (
    <figure class="plane">
      <ValueMap height={height} width={width} values={{ data }} scale={scale} label={label} size={size} />
      <figcaption class="small quiet">{label}</figcaption>
      <Legend scale={scale} />
    </figure>
  );
}
