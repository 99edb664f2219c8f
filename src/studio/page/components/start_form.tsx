import { useState } from 'preact/hooks';
import type { RunConfig } from '../../protocol.js';
import { canStart, connection, defaults, run, send } from '../state/live.js';

const optional = (form: FormData, name: string): number | undefined => {
  const text = `${form.get(name) ?? ''}`.trim();
  return text === '' ? undefined : Number(text);
};

function configOf(form: FormData): RunConfig {
  const text = (name: string): string => `${form.get(name) ?? ''}`.trim();
  return {
    train: text('train'),
    validation: text('validation'),
    out: text('out'),
    epochs: Number(text('epochs')),
    batchSize: Number(text('batchSize')),
    imageSize: [Number(text('imageHeight')), Number(text('imageWidth'))],
    seed: optional(form, 'seed'),
    augment: form.get('augment') !== null,
    learningRate: optional(form, 'learningRate'),
    maxSteps: optional(form, 'maxSteps'),
    resume: text('resume') || undefined,
  };
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string | number | undefined;
  readonly min?: number;
  readonly step?: string;
  readonly hint?: string;
}

function NumberField({ name, label, value, min, step, hint }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="number" name={name} defaultValue={value === undefined ? '' : `${value}`} min={min} step={step} placeholder={hint} />
    </label>
  );
}

function TextField({ name, label, value, hint }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="text" name={name} defaultValue={value === undefined ? '' : `${value}`} placeholder={hint} spellcheck={false} />
    </label>
  );
}

/** What a run is started with; folded away while one is under way. */
export function StartForm() {
  const start = run.value?.config ?? defaults.value;
  const state = run.value?.state;
  const busy = state === 'loading' || state === 'running' || state === 'paused';
  const [open, setOpen] = useState<boolean | undefined>(undefined);
  if (!start || !canStart.value) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    send({ type: 'start', config: configOf(new FormData(event.currentTarget as HTMLFormElement)) });
    setOpen(false);
  };
  return (
    <details class="card" open={open ?? !run.value} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>New run</strong> <span class="quiet small">on folders with one subfolder a class</span>
      </summary>
      <form key={JSON.stringify(start)} class="start-form" onSubmit={submit}>
        <TextField name="train" label="Training folder" value={start.train} />
        <TextField name="validation" label="Validation folder" value={start.validation} />
        <TextField name="out" label="Checkpoints and history go to" value={start.out} />
        <NumberField name="epochs" label="Epochs" value={start.epochs} min={1} />
        <NumberField name="batchSize" label="Batch size" value={start.batchSize} min={1} />
        <NumberField name="imageHeight" label="Height" value={start.imageSize[0]} min={10} />
        <NumberField name="imageWidth" label="Width" value={start.imageSize[1]} min={10} />
        <NumberField name="seed" label="Seed" value={start.seed} min={0} hint="drawn" />
        <NumberField name="learningRate" label="Learning rate" value={start.learningRate} min={0} step="any" hint="0.001" />
        <NumberField name="maxSteps" label="Steps at most" value={start.maxSteps} min={1} hint="all" />
        <TextField name="resume" label="Go on from" value={start.resume} hint="a checkpoint, or nothing" />
        <label class="check">
          <input type="checkbox" name="augment" defaultChecked={start.augment} />
          Augment the pictures
        </label>
        <button type="submit" class="primary" disabled={busy || connection.value !== 'open'}>
          Start
        </button>
        {busy && <span class="small quiet">A run is under way.</span>}
      </form>
    </details>
  );
}
