import { useEffect, useMemo } from 'preact/hooks';
import type { InspectedLayer, Inspection } from '../../../../inspect/types.js';
import { Scroll } from '../../components/scroll.js';
import { ValueMap } from '../../components/value_map.js';
import { big, count, duration, number } from '../../draw/format.js';
import { scaleOf } from '../../draw/scale.js';
import { useInspection } from '../../state/inspection.js';
import { machine } from '../../state/live.js';
import { choose, numberOf } from '../../state/route.js';
import { patched, timedWays, timeWays, timing, timingTrouble } from '../../state/ways.js';
import { countProducts } from '../compute/winograd_count.js';
import { layerIn, OUTPUTS, patchIn, patchWays } from '../compute/winograd_patch.js';
import { NOTHING_SHOWN } from '../pieces/given.js';
import { Slider } from '../pieces/slider.js';
import '../../style/train.css';
import '../../style/tiny_run.css';

const SIDES = [16, 32, 64];
const CHANNELS = [4, 16, 64];

/** A patch of the shown picture by each way, and the adapter's kernels for each. */
export function WinogradWays() {
  const inspection = useInspection()?.inspection;
  const layer = inspection && layerIn(inspection);
  const side = SIDES.find(each => each === numberOf('side', 32)) ?? 32;
  const channels = CHANNELS.find(each => each === numberOf('channels', 64)) ?? 64;
  const isThere = layer !== undefined;
  useEffect(() => {
    if (isThere) void timeWays(side, channels);
  }, [isThere, side, channels]);
  if (!inspection) return <p class="tiny-run quiet">{NOTHING_SHOWN}</p>;
  if (!layer) return <p class="tiny-run quiet">This network has no convolution of 3 × 3 windows, one place apart, to compute this way.</p>;
  const state = timing.value === 'idle' && timedWays.value ? 'done' : timing.value;
  return (
    <div class="tiny-run stack" data-state={state}>
      <h1>The same numbers in three ways</h1>
      <PatchCard inspection={inspection} layer={layer} />
      <section class="card stack" aria-label="Kernels">
        <div class="row spread">
          <h2>This program's kernels</h2>
          <p class="small quiet">{machine.value?.description}</p>
        </div>
        <div class="row">
          <Sizes name="side" label="maps" sizes={SIDES} chosen={side} words={each => `${each} × ${each}`} />
          <Sizes name="channels" label="channels and filters" sizes={CHANNELS} chosen={channels} words={each => `${each}`} />
          <button type="button" onClick={() => void timeWays(side, channels)}>
            Time again
          </button>
          <span class="small quiet" role="status">
            {timing.value === 'timing' ? 'Timing…' : ''}
          </span>
        </div>
        {timing.value === 'failed' && (
          <p class="notice trouble" role="alert">
            {timingTrouble.value}
          </p>
        )}
        <Kernels />
      </section>
    </div>
  );
}

interface SizesProps {
  readonly name: string;
  readonly label: string;
  readonly sizes: readonly number[];
  readonly chosen: number;
  readonly words: (size: number) => string;
}

function Sizes({ name, label, sizes, chosen, words }: SizesProps) {
  return (
    <div class="row">
      <span class="quiet">{label}</span>
      <fieldset class="tabs" aria-label={label}>
        {sizes.map(size => (
          <button key={size} type="button" aria-pressed={size === chosen} onClick={() => choose({ [name]: size })}>
            {words(size)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function PatchCard({ inspection, layer }: { readonly inspection: Inspection; readonly layer: InspectedLayer }) {
  const [height, width, filters] = layer.outputShape as [number, number, number];
  const place = (name: string, most: number, initial = 0): number => Math.min(most, Math.max(0, Math.floor(numberOf(name, initial))));
  const row = place('row', height - OUTPUTS, 2);
  const column = place('column', width - OUTPUTS, 2);
  const filter = place('filter', filters - 1);
  const ways = useMemo(() => patchWays(patchIn(inspection, layer, row, column, filter)), [inspection, layer.index, row, column, filter]);
  useEffect(() => {
    patched.value = ways;
    return () => {
      patched.value = undefined;
    };
  }, [ways]);
  const scale = scaleOf({ data: ways[0]!.outputs });
  return (
    <section class="card stack" aria-label="The patch">
      <h2>
        {OUTPUTS} × {OUTPUTS} numbers of {layer.name}, without its bias
      </h2>
      <div class="patch-places">
        <Slider name="row" label="row" low={0} high={height - OUTPUTS} step={1} initial={2} show={value => `${value}`} />
        <Slider name="column" label="column" low={0} high={width - OUTPUTS} step={1} initial={2} show={value => `${value}`} />
        <Slider name="filter" label="filter" low={0} high={filters - 1} step={1} initial={0} show={value => `${value}`} />
      </div>
      <Scroll label="The patch in three ways">
        <table>
          <thead>
            <tr>
              <th scope="col">way</th>
              <th scope="col">result</th>
              <th class="num">first number</th>
              <th class="num">tiles</th>
              <th class="num">products</th>
              <th class="num">largest error</th>
            </tr>
          </thead>
          <tbody>
            {ways.map(({ way, tiles, products, outputs, error }) => (
              <tr key={way} data-patch={way}>
                <th scope="row">{way}</th>
                <td>
                  <ValueMap
                    height={OUTPUTS}
                    width={OUTPUTS}
                    values={{ data: outputs }}
                    scale={scale}
                    label={`The numbers, ${way}`}
                    size={56}
                  />
                </td>
                <td class="num">{number(outputs[0]!, 8)}</td>
                <td class="num">{tiles}</td>
                <td class="num">{count(products)}</td>
                <td class="num">{errorText(error)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="small quiet">
        Products of pixels and weights are counted as they are computed, in float32. Errors: against sums in float64, relative to the
        largest number.
      </p>
    </section>
  );
}

const errorText = (error: number): string => number(error, 3);

/** What the adapter's kernels took for the chosen size. */
function Kernels() {
  const { timed, side, channels } = timedWays.value ?? {};
  if (!timed || side === undefined || channels === undefined) return null;
  const [direct] = timed;
  if (!direct) {
    return (
      <p class="notice">
        The CPU reference computes here: it has no kernels to time. Where there is a GPU and WebGPU, the three ways are timed on it.
      </p>
    );
  }
  const sizes = countProducts({ outputHeight: side, outputWidth: side, channels, filters: channels });
  return (
    <Scroll label="The kernels and their times">
      <table>
        <thead>
          <tr>
            <th scope="col">way</th>
            <th scope="col">kernel</th>
            <th class="num">products</th>
            <th class="num">time</th>
            <th class="num">speedup</th>
            <th class="num">products per second</th>
            <th class="num">largest error</th>
          </tr>
        </thead>
        <tbody>
          {timed.map(({ way, kernel, ms, error }) => {
            const { products } = sizes.find(size => size.way === way)!;
            return (
              <tr key={way} data-kernel={way}>
                <th scope="row">{way}</th>
                <td class="mono">{kernel}</td>
                <td class="num">{count(products)}</td>
                <td class="num">{duration(ms)}</td>
                <td class="num">{number(direct.ms / ms, 3)} ×</td>
                <td class="num">{big((1000 * products) / ms)}</td>
                <td class="num">{errorText(error)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
