import { totalOf } from '../build/network.js';
import { InputPicture, Learning, NetworkFiles, StartBuilt } from '../components/build_panel.js';
import { AddLayer, LayerEditor } from '../components/layer_editor.js';
import { big, count } from '../draw/format.js';
import { canUndo, draftRows, undo } from '../state/draft.js';
import '../style/build.css';

/** A network that is made here: its layers, how it learns, and what comes of each change. */
export function BuildView() {
  const rows = draftRows.value;
  const [parameters, flops] = [totalOf(rows, 'parameters'), totalOf(rows, 'flops')];
  const most = { parameters: Math.max(...rows.map(row => row.parameters)), flops: Math.max(...rows.map(row => row.flops)) };
  return (
    <>
      <div class="row spread">
        <h1>Build a network</h1>
        <div class="row">
          <button type="button" disabled={!canUndo.value} onClick={undo}>
            Undo
          </button>
          <NetworkFiles />
        </div>
      </div>
      <div class="build">
        <section class="card" aria-label="Layers">
          <InputPicture />
          <AddLayer place={0} label="Add a layer below the picture" />
          <ol class="build-layers">
            {rows.map((row, index) => (
              <LayerEditor key={row.draft.id} row={row} index={index} last={rows.length - 1} most={most} />
            ))}
          </ol>
        </section>
        <div class="build-side stack">
          <section class="card build-totals" aria-label="In all">
            <dl class="facts">
              <div>
                <dt>layers</dt>
                <dd>{rows.length}</dd>
              </div>
              <div>
                <dt>weights</dt>
                <dd data-total="parameters">{count(parameters)}</dd>
              </div>
              <div>
                <dt>a picture, forward</dt>
                <dd data-total="flops">{big(flops)}FLOP</dd>
              </div>
            </dl>
          </section>
          <Learning />
          <StartBuilt />
        </div>
      </div>
    </>
  );
}
