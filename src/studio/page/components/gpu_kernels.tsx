import { useState } from 'preact/hooks';
import { duration, number, percent } from '../draw/format.js';
import type { GpuReport } from '../state/gpu_report.js';
import { Scroll } from './scroll.js';

/** Kernels of the step by op and layer: what each takes, computes and moves. */
export function GpuKernels({ report: { rows, peakGflops } }: { readonly report: GpuReport }) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.filter(({ isTaken }) => isTaken);
  const most = Math.max(...shown.map(({ ms }) => ms));
  return (
    <section class="card stack" aria-label="Kernels">
      <div class="row spread">
        <h2>Kernels of the step</h2>
        <fieldset class="tabs" aria-label="Which kernels">
          <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
            The fastest of each op
          </button>
          <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
            All
          </button>
        </fieldset>
      </div>
      <Scroll kind="gpu-kernels" label="Table of kernels">
        <table>
          <thead>
            <tr>
              <th>Op</th>
              <th>Layer</th>
              <th>Kernel</th>
              <th class="num">Time</th>
              <th class="num">GFLOP/s</th>
              <th class="num">Of the peak</th>
              <th class="num">GB/s</th>
              <th>
                <span class="hidden">Share of the longest</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ op, of, variant, ms, gflops, gbps, isTaken }) => (
              <tr key={`${op} ${of} ${variant}`} class={all && isTaken ? 'taken' : ''}>
                <td>{op}</td>
                <td>{of}</td>
                <td>{variant}</td>
                <td class="num">{duration(ms)}</td>
                <td class="num">{gflops >= 0.1 ? number(gflops, 3) : '–'}</td>
                <td class="num">{gflops >= 0.1 && peakGflops ? percent(gflops / peakGflops) : '–'}</td>
                <td class="num">{gbps >= 0.01 ? number(gbps, 3) : '–'}</td>
                <td class="bar-cell">
                  <span class="bar" style={{ width: `${(100 * ms) / most}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="small quiet">
        Operations are counted by the op’s definition, so that Winograd’s may exceed the peak; bytes are the fewest that the op can move. A
        run shorter than 20 ms is repeated until they last that long together.
      </p>
    </section>
  );
}
