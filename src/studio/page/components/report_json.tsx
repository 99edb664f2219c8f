import { useState } from 'preact/hooks';
import { type AdapterFacts, type GpuReport, reportText } from '../state/gpu_report.js';

/** The report to copy or save. */
export function ReportJson({ facts, report }: { readonly facts: AdapterFacts; readonly report: GpuReport }) {
  const [isCopied, setIsCopied] = useState(false);
  const text = reportText(facts, report);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
  };
  return (
    <section class="card stack" aria-label="Figures to send">
      <h2>Figures to send</h2>
      <p class="small quiet">
        Paste this JSON into an issue of wgrad to add your GPU to its tables. It says what is above, and the browser’s name and version.
      </p>
      <div class="row">
        <button type="button" class="primary" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy JSON'}
        </button>
        <a class="button" href={`data:application/json;charset=utf-8,${encodeURIComponent(text)}`} download="wgrad-gpu.json">
          Save as a file
        </a>
      </div>
      <details>
        <summary>Show it</summary>
        <textarea class="mono" readOnly rows={8} aria-label="JSON" value={text} />
      </details>
    </section>
  );
}
