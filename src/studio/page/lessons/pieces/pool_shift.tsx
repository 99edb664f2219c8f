import { useMemo } from 'preact/hooks';
import { percent } from '../../draw/format.js';
import { scaleOf } from '../../draw/scale.js';
import { numberOf } from '../../state/route.js';
import { changeOf, channelOf, maxPool, shiftRight } from '../compute/maps.js';
import { NOTHING_SHOWN, tensorOf, useShown } from './given.js';
import { PlaneMap } from './plane_map.js';
import { Slider } from './slider.js';

/** A real map of the first convolution moved sideways, before and after pooling: how much of each changes. */
export function PoolShift() {
  const maps = tensorOf(useShown(), 'layer0/output');
  const columns = numberOf('shift', 1);
  const size = numberOf('window', 2);
  const channel = numberOf('channel', 0);
  const found = useMemo(() => {
    if (maps?.shape.length !== 3) return undefined;
    const [height, width, channels] = maps.shape as [number, number, number];
    const map = channelOf(maps.data, height * width, channels, Math.min(channel, channels - 1));
    const moved = shiftRight(map, height, width, columns);
    const [pooled, pooledMoved] = [map, moved].map(each => maxPool(each, height, width, size)) as [Float32Array, Float32Array];
    const pooledSize = { height: Math.floor(height / size), width: Math.floor(width / size) };
    return { map, moved, pooled, pooledMoved, height, width, pooledSize };
  }, [maps?.data, columns, size, channel]);
  if (!found) return <p class="small quiet">{NOTHING_SHOWN}</p>;
  const { map, moved, pooled, pooledMoved, height, width, pooledSize } = found;
  const scale = scaleOf({ data: map });
  return (
    <div class="piece">
      <Slider name="shift" label="moved right by" low={0} high={4} step={1} initial={1} />
      <Slider name="window" label="window" low={1} high={4} step={1} initial={2} show={value => `${value} × ${value}`} />
      <div class="pair">
        <PlaneMap
          plane={{ data: moved, height, width }}
          scale={scale}
          label={`convolution's map, moved: ${percent(changeOf(map, moved))} changed`}
        />
        <PlaneMap
          plane={{ data: pooledMoved, ...pooledSize }}
          scale={scale}
          label={`its pooling: ${percent(changeOf(pooled, pooledMoved))} changed`}
        />
      </div>
    </div>
  );
}
