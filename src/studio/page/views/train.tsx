import { BatchStrip } from '../components/batch_strip.js';
import { DownloadModel } from '../components/download_model.js';
import { KernelTable } from '../components/kernel_table.js';
import { OpenForm } from '../components/open_form.js';
import { OwnFiles } from '../components/own_files.js';
import { PastRuns } from '../components/past_runs.js';
import { RunControls } from '../components/run_controls.js';
import { StartForm } from '../components/start_form.js';
import { TrainingCurves } from '../components/training_curves.js';
import { link } from '../state/linked.js';
import { connection, run } from '../state/live.js';
import '../style/train.css';

/** A run as it goes, and those before it. */
export function TrainView() {
  const head = run.value;
  return (
    <>
      <div class="row spread">
        <h1>Training</h1>
        {head && <RunControls />}
      </div>
      {connection.value === 'closed' && (
        <p class="notice trouble" role="status">
          {link.isHere ? (
            'What computes in this page has ended. Reload the page: a run goes on from where it was last saved.'
          ) : (
            <>
              The server does not answer. Start it with <code>npx wgrad studio</code>: the page tries again every few seconds.
            </>
          )}
        </p>
      )}
      <StartForm />
      {link.isHere ? <OwnFiles /> : <OpenForm />}
      <DownloadModel />
      {head && <TrainingCurves />}
      {head && <BatchStrip />}
      {head && <KernelTable />}
      <PastRuns />
    </>
  );
}
