import { useMemo } from 'preact/hooks';
import { percent } from '../../draw/format.js';
import { numberOf } from '../../state/route.js';
import { channelOf, silentShare } from '../compute/maps.js';
import { NOTHING_SHOWN, tensorOf, useShown } from './given.js';
import { PlaneMap } from './plane_map.js';
import { Slider } from './slider.js';

/** What relu keeps of a real map if its filter's bias were another. */
export function ReluShift() {
  const before = tensorOf(useShown(), 'layer0/pre_activation');
  const bias = numberOf('bias', 0);
  const channel = numberOf('channel', 0);
  const map = useMemo(() => {
    if (before?.shape.length !== 3) return undefined;
    const [height, width, channels] = before.shape as [number, number, number];
    return { data: channelOf(before.data, height * width, channels, Math.min(channel, channels - 1)), height, width };
  }, [before?.data, channel]);
  const kept = useMemo(() => map && { ...map, data: map.data.map(value => Math.max(0, value + bias)) }, [map, bias]);
  if (!map || !kept) return <p class="small quiet">{NOTHING_SHOWN}</p>;
  const silent = silentShare(map.data, bias);
  return (
    <div class="piece">
      <Slider name="bias" label="bias changed by" low={-1} high={1} step={0.02} initial={0} />
      <div class="pair">
        <PlaneMap plane={map} label="before relu" />
        <PlaneMap plane={kept} label="max(0, value + change)" />
      </div>
      <p>
        {percent(silent)} of its numbers are 0 and send no gradient back.
        {silent === 1 &&
          ' For this picture the filter is silent; if it is so for every picture, it is dead: no gradient reaches its weights to wake it.'}
      </p>
    </div>
  );
}
