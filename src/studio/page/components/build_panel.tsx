import { useState } from 'preact/hooks';
import { OPTIMIZER_NAMES, OPTIMIZERS, type OptimizerName } from '../../../nn/optimizers.js';
import { SAMPLE_FACES } from '../../protocol.js';
import { DRAFT_LOSSES, type Draft, hasMomentum, networkText, readDraft } from '../build/network.js';
import { draft, draftClasses, draftProblem, EXAMPLES, edit, exampleDraft } from '../state/draft.js';
import { canStart, connection, defaults, pastRuns, send, trouble } from '../state/live.js';
import { go } from '../state/route.js';
import { isBusy, SAMPLE_RUN } from '../state/sample_run.js';

/** Which pictures the network takes. */
export function InputPicture() {
  const [height, width, channels] = draft.value.inputShape;
  const set = (shape: readonly [number, number, number]): void => edit({ inputShape: shape });
  return (
    <div class="build-input">
      <strong class="build-kind">Picture</strong>
      <div class="build-fields">
        <label class="field">
          <span>rows × columns</span>
          <span class="pair">
            <input
              type="number"
              min={1}
              aria-label="Rows and columns of the picture"
              value={height}
              onInput={event => {
                const size = Math.min(512, Math.max(1, Math.floor(event.currentTarget.valueAsNumber) || 1));
                set([size, size, channels]);
              }}
            />
            <span aria-hidden="true">×</span>
            <span class="same">{width}</span>
          </span>
        </label>
        <label class="field">
          <span>colours</span>
          <select value={`${channels}`} onChange={event => set([height, width, Number(event.currentTarget.value)])}>
            <option value="3">red, green, blue</option>
            <option value="1">grey</option>
          </select>
        </label>
      </div>
    </div>
  );
}

/** How the network learns. */
export function Learning() {
  const { optimizer, loss } = draft.value;
  const set = (changes: Partial<Draft['optimizer']>): void => edit({ optimizer: { ...optimizer, ...changes } });
  return (
    <fieldset class="card stack">
      <legend>
        <h2>How it learns</h2>
      </legend>
      <label class="field">
        <span>Optimizer</span>
        <select
          value={optimizer.name}
          onChange={event => {
            const name = event.currentTarget.value as OptimizerName;
            set({ name, learningRate: OPTIMIZERS[name].make(undefined, {}).learningRate });
          }}
        >
          {OPTIMIZER_NAMES.map(name => (
            <option key={name} value={name}>
              {OPTIMIZERS[name].className}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Learning rate</span>
        <input
          type="number"
          min={0}
          step="any"
          value={optimizer.learningRate}
          onInput={event => event.currentTarget.valueAsNumber > 0 && set({ learningRate: event.currentTarget.valueAsNumber })}
        />
      </label>
      {hasMomentum(optimizer.name) && (
        <label class="field">
          <span>Momentum</span>
          <input
            type="number"
            min={0}
            max={0.99}
            step={0.1}
            value={optimizer.momentum}
            onInput={event => {
              const momentum = event.currentTarget.valueAsNumber;
              if (momentum >= 0 && momentum < 1) set({ momentum });
            }}
          />
        </label>
      )}
      <label class="field">
        <span>Loss</span>
        <select value={loss} onChange={event => edit({ loss: event.currentTarget.value as Draft['loss'] })}>
          {Object.entries(DRAFT_LOSSES).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}

/** Trains the network that is built. */
export function StartBuilt() {
  const [folders, setFolders] = useState({ isSample: true, train: '', validation: '', epochs: SAMPLE_RUN.epochs as number });
  const start = defaults.value;
  if (!canStart.value || !start) return null;
  const { isSample, train, validation, epochs } = folders;
  const set = (changes: Partial<typeof folders>): void => setFolders({ ...folders, ...changes });
  const begin = (event: SubmitEvent): void => {
    event.preventDefault();
    try {
      const pictures = isSample ? { train: SAMPLE_FACES, validation: SAMPLE_FACES } : { train, validation };
      const [height, width] = draft.value.inputShape;
      const config = { ...start, ...pictures, ...SAMPLE_RUN, epochs, imageSize: [height, width] as const };
      send({ type: 'start', config, network: networkText(draft.value) });
      const last = pastRuns.value[0]?.name;
      go('train', { runs: [last, start.out.split(/[\\/]/).at(-1)].filter(Boolean).join(','), metric: 'val_acc' });
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  const busy = isBusy();
  return (
    <form class="card stack" onSubmit={begin}>
      <h2>Train it</h2>
      <label class="field">
        <span>Pictures</span>
        <select value={isSample ? 'sample' : 'folders'} onChange={event => set({ isSample: event.currentTarget.value === 'sample' })}>
          <option value="sample">drawn faces, with and without masks</option>
          <option value="folders">your own folders</option>
        </select>
      </label>
      {!isSample && (
        <>
          <label class="field">
            <span>Training folder</span>
            <input type="text" required spellcheck={false} value={train} onInput={event => set({ train: event.currentTarget.value })} />
          </label>
          <label class="field">
            <span>Validation folder</span>
            <input
              type="text"
              required
              spellcheck={false}
              value={validation}
              onInput={event => set({ validation: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            <span>Classes</span>
            <input
              type="number"
              min={2}
              value={draftClasses.value}
              onInput={event => {
                draftClasses.value = Math.max(2, Math.floor(event.currentTarget.valueAsNumber) || 2);
              }}
            />
          </label>
        </>
      )}
      <label class="field">
        <span>Epochs</span>
        <input
          type="number"
          min={1}
          value={epochs}
          onInput={event => set({ epochs: Math.max(1, Math.floor(event.currentTarget.valueAsNumber) || 1) })}
        />
      </label>
      <button type="submit" class="primary" disabled={busy || draftProblem.value !== undefined || connection.value !== 'open'}>
        Train and compare with the last run
      </button>
      {busy && <p class="small quiet">A run is under way: stop it first.</p>}
      {draftProblem.value && <p class="small bad">The network has an error: see its layers.</p>}
    </form>
  );
}

/** The network as a file, from one, or an example. */
export function NetworkFiles() {
  const save = (): void => {
    try {
      const address = URL.createObjectURL(new Blob([networkText(draft.value)], { type: 'application/json' }));
      const link = document.createElement('a');
      link.href = address;
      link.download = 'network.json';
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  const read = async (file: File): Promise<void> => {
    try {
      edit(await readDraft(file.name, new Uint8Array(await file.arrayBuffer()), draft.value));
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  return (
    <div class="row">
      <select
        aria-label="Start from an example"
        value=""
        onChange={event => {
          edit(exampleDraft(event.currentTarget.value));
          event.currentTarget.value = '';
        }}
      >
        <option value="">Start from an example…</option>
        {Object.entries(EXAMPLES).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      <label class="button file">
        <input
          type="file"
          class="hidden"
          accept=".json,application/json"
          onChange={event => {
            const file = event.currentTarget.files?.[0];
            if (file) void read(file);
            event.currentTarget.value = '';
          }}
        />
        Open network file…
      </label>
      <button type="button" disabled={draftProblem.value !== undefined} onClick={save}>
        Save network file
      </button>
    </div>
  );
}
