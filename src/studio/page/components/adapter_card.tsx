import { count } from '../draw/format.js';
import type { AdapterFacts } from '../state/gpu_report.js';

/** The adapter as it describes itself. */
export function AdapterCard({ facts }: { readonly facts: AdapterFacts }) {
  const { description, vendor, architecture, isSoftware, subgroupSizes, features, limits } = facts;
  const [smallest, largest] = subgroupSizes;
  return (
    <section class="card stack" aria-label="Adapter">
      <h2>{description}</h2>
      <dl class="facts">
        <div>
          <dt>Vendor</dt>
          <dd>{vendor || 'not told'}</dd>
        </div>
        <div>
          <dt>Architecture</dt>
          <dd>{architecture || 'not told'}</dd>
        </div>
        <div>
          <dt>Computed by</dt>
          <dd>{isSoftware ? 'a CPU, in software' : 'a GPU'}</dd>
        </div>
        <div>
          <dt>Subgroups</dt>
          <dd>{largest === 0 ? 'not told' : smallest === largest ? largest : `${smallest} to ${largest}`}</dd>
        </div>
        <div>
          <dt>Workgroup memory</dt>
          <dd>{count(limits.maxComputeWorkgroupStorageSize ?? 0)} bytes</dd>
        </div>
        <div>
          <dt>Largest buffer</dt>
          <dd>{count(Math.round((limits.maxBufferSize ?? 0) / 2 ** 20))} MiB</dd>
        </div>
      </dl>
      <details>
        <summary>All limits and features</summary>
        <div class="limits">
          <dl>
            {Object.entries(limits).map(([name, value]) => (
              <div key={name}>
                <dt class="mono">{name}</dt>
                <dd class="num">{count(value)}</dd>
              </div>
            ))}
          </dl>
          <p class="small">
            <strong>Features:</strong> {features.join(', ') || 'none'}
          </p>
        </div>
      </details>
    </section>
  );
}
