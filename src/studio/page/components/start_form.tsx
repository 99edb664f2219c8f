import { useEffect, useState } from 'preact/hooks';
import { eachOption, FORM_NAMES, isOptional, type OptionName, type RunConfig, recordOf } from '../../../run/options.js';
import { canStart, connection, defaults, run, send } from '../state/live.js';
import { givenFolders } from '../state/own_files.js';

type FormName = keyof RunConfig;

const typeOf = (name: OptionName) => recordOf(name).kind.input.type;

/** Names of an option's inputs, and their labels: imageHeight and imageWidth of imageSize. */
function inputsOf(name: OptionName): { readonly name: string; readonly label: string }[] {
  const labels = recordOf(name).field?.labels ?? [];
  return labels.map(label => ({ name: typeOf(name) === 'size' ? name.replace('Size', label) : name, label }));
}

const configOf = (form: FormData): RunConfig =>
  eachOption(FORM_NAMES, name => {
    const texts = inputsOf(name).map(input => `${form.get(input.name) ?? ''}`.trim());
    const type = typeOf(name);
    if (type === 'check') return form.get(name) !== null || (isOptional(name) ? undefined : false);
    if (type === 'size') return texts.map(Number);
    if (texts[0] === '' && isOptional(name)) return undefined;
    return type === 'number' ? Number(texts[0]) : texts[0];
  });

/** The inputs of an option. */
function Field({ name, value }: { readonly name: FormName; readonly value: RunConfig[FormName] }) {
  const { kind, field } = recordOf(name);
  const { input } = kind;
  const [only] = inputsOf(name);
  if (input.type === 'check') {
    return (
      <label class="check">
        <input type="checkbox" name={name} defaultChecked={value === true} />
        {only?.label}
      </label>
    );
  }
  const values = input.type === 'size' ? (value as readonly number[]) : [value];
  if (input.type === 'choice') {
    return (
      <label class="field">
        <span>{only?.label}</span>
        <select name={name} defaultValue={`${value ?? ''}`}>
          {isOptional(name) && <option value="">{field?.hint}</option>}
          {input.choices.map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
    );
  }
  const isText = input.type === 'text' || input.type === 'words';
  const more = isText ? ({ type: 'text', spellcheck: false } as const) : ({ ...input, type: 'number' } as const);
  return (
    <>
      {inputsOf(name).map((each, i) => (
        <label key={each.name} class="field">
          <span>{each.label}</span>
          <input {...more} name={each.name} defaultValue={`${values[i] ?? ''}`} placeholder={field?.hint} />
        </label>
      ))}
    </>
  );
}

/** Paths first, then numbers, then what is chosen and ticked. */
const ORDER = { text: 0, words: 1, number: 1, size: 1, choice: 2, check: 3 };
const FIELDS = FORM_NAMES.toSorted((a, b) => ORDER[typeOf(a)] - ORDER[typeOf(b)]);

/** Fields that are folded away below a heading, and those that are not, below none. */
const GROUPS = [...new Set(FIELDS.map(name => recordOf(name).group))].map(group => ({
  group,
  fields: FIELDS.filter(name => recordOf(name).group === group),
}));

/** What a run is started with; folded away while one is under way. */
export function StartForm() {
  // A run's files are not written over unasked: the next one gets a folder of its own.
  const start = defaults.value && {
    ...(run.value?.config ?? defaults.value),
    ...givenFolders.value,
    out: defaults.value.out,
    overwrite: undefined,
  };
  const state = run.value?.state;
  const busy = state === 'loading' || state === 'running' || state === 'paused';
  const [open, setOpen] = useState<boolean | undefined>(undefined);
  // Once it has begun: a start that fails leaves the form as it was filled in.
  const hasBegun = state === 'running';
  useEffect(() => {
    if (hasBegun) setOpen(false);
  }, [run.value?.id, hasBegun]);
  if (!start || !canStart.value) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    send({ type: 'start', config: configOf(new FormData(event.currentTarget as HTMLFormElement)) });
  };
  return (
    <details class="card" open={open ?? (!run.value || state === 'failed')} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>New run</strong> <span class="quiet small">on folders with one subfolder per class</span>
      </summary>
      <form key={JSON.stringify(start)} class="start-form" onSubmit={submit}>
        {GROUPS.map(({ group, fields }) => {
          const inputs = fields.map(name => <Field key={name} name={name} value={start[name]} />);
          if (group === undefined) return inputs;
          return (
            <details key={group} class="group">
              <summary>{group}</summary>
              <div class="start-form">{inputs}</div>
            </details>
          );
        })}
        <button type="submit" class="primary" disabled={busy || connection.value !== 'open'}>
          Start
        </button>
        {busy && <span class="small quiet">A run is under way.</span>}
      </form>
    </details>
  );
}
