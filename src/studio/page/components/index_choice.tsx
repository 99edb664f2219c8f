import { cutMiddle } from '../../../data/cut.js';

interface Props {
  /** What is chosen: 'channel', 'row'. */
  readonly label: string;
  readonly value: number;
  readonly count: number;
  /** What each is called, where they have names. */
  readonly names?: readonly string[] | undefined;
  readonly onChange: (value: number) => void;
}

/** Chooses one of several: by its name, or by its number where they have none. Stands within its label. */
export function IndexChoice({ label, value, count, names, onChange }: Props) {
  if (names) {
    return (
      <select aria-label={label} value={value} onChange={event => onChange(Number(event.currentTarget.value))}>
        {names.map((name, index) => (
          <option key={name} value={index}>
            {cutMiddle(name, 40)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      class="place"
      type="number"
      aria-label={label}
      min={0}
      max={count - 1}
      value={value}
      onInput={event => {
        const next = event.currentTarget.valueAsNumber;
        if (Number.isInteger(next) && next >= 0 && next < count) onChange(next);
      }}
    />
  );
}

/** Such a choice below its name. */
export function Place(props: Props) {
  return (
    <div class="field">
      <span>{props.label}</span>
      <IndexChoice {...props} />
    </div>
  );
}
