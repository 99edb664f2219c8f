import { useEffect } from 'preact/hooks';
import { AdapterCard } from '../components/adapter_card.js';
import { GpuKernels } from '../components/gpu_kernels.js';
import { GpuOrder } from '../components/gpu_order.js';
import { GpuSummary } from '../components/gpu_summary.js';
import { ReportJson } from '../components/report_json.js';
import { adapter, lookForAdapter, report } from '../state/gpu_report.js';
import '../style/gpu.css';

/** What the kernels do on the visitor's own adapter: whether they are right, and how fast. */
export function GpuView() {
  useEffect(() => void lookForAdapter(), []);
  const facts = adapter.value;
  const made = report.value;
  return (
    <>
      <h1>Your GPU</h1>
      <p class="quiet gpu-lead">
        Every kernel is run here against the CPU reference; then each way to compute each op of the face-mask network’s training step is
        timed, and the step by the fastest of them. Nothing leaves this page: the figures are yours to copy.
      </p>
      {facts && 'trouble' in facts && (
        <p class="notice trouble" role="status">
          {facts.trouble}
        </p>
      )}
      {facts && !('trouble' in facts) && (
        <>
          <AdapterCard facts={facts} />
          <GpuOrder facts={facts} />
          {made && <GpuSummary report={made} />}
          {made && made.state !== 'running' && <ReportJson facts={facts} report={made} />}
          {made && made.rows.length > 0 && <GpuKernels report={made} />}
        </>
      )}
    </>
  );
}
