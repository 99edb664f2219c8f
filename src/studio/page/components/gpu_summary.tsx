import { count, duration, number } from '../draw/format.js';
import { type GpuReport, SIZES } from '../state/gpu_report.js';
import { Scroll } from './scroll.js';

/** Whether the kernels are right here, and what a whole step takes. */
export function GpuSummary({ report }: { readonly report: GpuReport }) {
  const { size, state, message, checked, wrong, peakGflops, step } = report;
  const { batch } = SIZES[size];
  const failures = checked.filter(({ ok }) => !ok);
  return (
    <section class="card stack" aria-label="Result">
      <div class="row spread">
        <h2>Against the CPU reference</h2>
        {state === 'stopped' && <p class="small">Stopped: what was found until then</p>}
      </div>
      {message && (
        <p class="notice trouble" role="alert">
          {message}
        </p>
      )}
      <p>
        {count(checked.length)} kernels checked,{' '}
        <strong class={failures.length > 0 ? 'bad' : 'good'}>
          {failures.length > 0 ? `${count(failures.length)} wrong` : 'all right'}
        </strong>
      </p>
      {failures.length > 0 && (
        <Scroll label="Table of wrong kernels">
          <table>
            <thead>
              <tr>
                <th>Kernel</th>
                <th>Case</th>
                <th class="num">Error</th>
                <th class="num">At most</th>
                <th>Where</th>
              </tr>
            </thead>
            <tbody>
              {failures.map(({ op, variant, case: of, worst, tolerance, tensor, damaged }) => (
                <tr key={`${op} ${variant} ${of}`}>
                  <td class="mono">
                    {op}.{variant}
                  </td>
                  <td>{of}</td>
                  <td class="num">{worst.error.toExponential(1)}</td>
                  <td class="num">{tolerance.toExponential(0)}</td>
                  <td>{damaged.length > 0 ? `wrote past the end of ${damaged.join(', ')}` : `${tensor}[${worst.index}]`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {wrong.length > 0 && (
        <ul class="small">
          {wrong.map(each => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      {(peakGflops !== undefined || step) && (
        <dl class="facts">
          {step && (
            <>
              <div>
                <dt>Training step of {batch} pictures</dt>
                <dd data-figure="train">{duration(step.train.median)}</dd>
              </div>
              <div>
                <dt>Pictures trained on a second</dt>
                <dd>{number((1000 * batch) / step.train.median, 3)}</dd>
              </div>
              <div>
                <dt>Prediction of {batch} pictures</dt>
                <dd>{duration(step.forward.median)}</dd>
              </div>
            </>
          )}
          {peakGflops !== undefined && (
            <div>
              <dt>Multiply-adds alone, at most</dt>
              <dd data-figure="peak">{number(peakGflops, 3)} GFLOP/s</dd>
            </div>
          )}
        </dl>
      )}
    </section>
  );
}
