import { useMemo } from 'preact/hooks';
import { number, percent } from '../../draw/format.js';
import { model } from '../../state/live.js';
import { numberOf } from '../../state/route.js';
import { maskAt } from '../compute/maps.js';
import { PlaneMap } from './plane_map.js';
import { Slider } from './slider.js';

const [HIGH, WIDE] = [8, 16];

/** Masks as the engine draws them: from seed and step alone, so that a run can be repeated. */
export function DropoutDraw() {
  const rate = numberOf('rate', 0.5);
  const step = numberOf('drawn', 1);
  const seed = model.value?.seed ?? 0;
  const mask = useMemo(() => maskAt(HIGH * WIDE, rate, seed, step), [rate, seed, step]);
  const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  const kept = mask.filter(value => value > 0).length / mask.length;
  return (
    <div class="piece">
      <Slider name="rate" label="rate" low={0} high={0.9} step={0.1} initial={0.5} show={value => value.toFixed(1)} />
      <Slider name="drawn" label="step" low={1} high={50} step={1} initial={1} />
      <PlaneMap plane={{ data: mask, height: HIGH, width: WIDE }} label={`factors of ${mask.length} numbers, seed ${seed}`} size={240} />
      <p>
        {percent(kept)} are kept and multiplied with 1 / (1 − {rate.toFixed(1)}) = {number(1 / (1 - rate), 4)}, so that the mean factor,
        here {number(mean, 3)}, stays about 1.
      </p>
    </div>
  );
}
