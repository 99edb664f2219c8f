import { duration, number, percent } from '../draw/format.js';
import { modelKernels } from '../state/live.js';
import { linkTo } from '../state/route.js';
import { Scroll } from './scroll.js';

/** What the step's kernels take, by the device's clock. */
export function KernelTable() {
  const times = modelKernels.value;
  if (!times) return null;
  const sorted = [...times.kernels].sort((a, b) => b.ms - a.ms);
  const most = sorted[0]?.ms ?? 1;
  return (
    <section class="card stack" aria-label="Kernels">
      <div class="row spread">
        <h2>Where a step's time goes</h2>
        <p class="small quiet">
          {duration(times.busyMs)} per step in {sorted.length} kernels, idle {percent(times.idle)}
        </p>
      </div>
      <Scroll kind="kernels">
        <table>
          <thead>
            <tr>
              <th>Op</th>
              <th>Layer</th>
              <th>Variant</th>
              <th class="num">Time</th>
              <th class="num">GFLOP/s</th>
              <th>
                <span class="hidden">Share of the longest</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map(({ op, scope, variant, ms, gflops }) => (
              <tr key={`${op} ${scope}`}>
                <td>
                  <a href={linkTo('shader', { op, scope })}>{op}</a>
                </td>
                <td>{scope}</td>
                <td>{variant}</td>
                <td class="num">{duration(ms)}</td>
                <td class="num">{gflops >= 0.1 ? number(gflops, 3) : '–'}</td>
                <td class="bar-cell">
                  <span class="bar" style={{ width: `${(100 * ms) / most}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
