import { fraction, type Kind, names } from '../../../run/values.js';
import type { OpenCommand } from '../../protocol.js';
import { canStart, connection, data, model, run, send } from '../state/live.js';

interface OpenField {
  readonly name: keyof OpenCommand;
  readonly label: string;
  readonly hint: string;
  /** Of what is not a path. */
  readonly kind?: Pick<Kind<unknown>, 'parse'>;
}

const FIELDS: readonly OpenField[] = [
  { name: 'model', label: 'File or folder', hint: 'of any kind: .keras, .h5, a SavedModel …' },
  { name: 'data', label: 'Pictures', hint: 'a folder of classes, or nothing' },
  { name: 'network', label: 'Its network', hint: 'for weights alone' },
  { name: 'classes', label: 'Classes', hint: 'its own; or names, with commas', kind: names },
  { name: 'rescale', label: 'Bytes times', hint: 'its own, or 1/255', kind: fraction },
];

/** The value that was typed; what can't be read is sent as it is, and the server says what is wrong. */
function readTyped({ kind }: OpenField, typed: string): unknown {
  if (typed === '') return undefined;
  try {
    return kind?.parse ? kind.parse(typed, '') : typed;
  } catch {
    return typed;
  }
}

/** Opens a model's file to look inside. */
export function OpenForm() {
  const state = run.value?.state;
  const busy = state === 'loading' || state === 'running' || state === 'paused';
  if (!canStart.value) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const values = FIELDS.map(field => [field.name, readTyped(field, `${form.get(field.name) ?? ''}`.trim())] as const);
    send({ type: 'open', ...(Object.fromEntries(values.filter(([, value]) => value !== undefined)) as unknown as OpenCommand) });
  };
  const initial: Readonly<Partial<Record<keyof OpenCommand, string>>> = {
    data: data.value?.sets.find(set => set.name === 'validation')?.folder ?? '',
  };
  return (
    <details class="card">
      <summary>
        <strong>Open a model</strong> <span class="quiet small">{model.value ? `now: ${model.value.from}` : 'to look inside'}</span>
      </summary>
      <form class="start-form" onSubmit={submit}>
        {FIELDS.map(({ name, label, hint }) => (
          <label key={name} class="field">
            <span>{label}</span>
            <input
              type="text"
              name={name}
              spellcheck={false}
              placeholder={hint}
              defaultValue={initial[name] ?? ''}
              required={name === 'model'}
            />
          </label>
        ))}
        <button type="submit" disabled={busy || connection.value !== 'open'}>
          Open
        </button>
      </form>
    </details>
  );
}
