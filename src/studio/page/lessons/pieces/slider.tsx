import { number } from '../../draw/format.js';
import { choose, numberOf, params } from '../../state/route.js';

interface Props {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly initial: number;
  /** How the value is written, where not as it is. */
  readonly show?: (value: number) => string;
}

/** A number of a lesson's piece: it stands in the address, so that a link shows the same. */
export function Slider({ name, label, low, high, step, initial, show = value => number(value, 3) }: Props) {
  const value = numberOf(name, initial);
  return (
    <label class="slider">
      <span>{label}</span>
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={value}
        aria-valuetext={show(value)}
        onInput={event => choose({ [name]: event.currentTarget.valueAsNumber })}
      />
      <output>{show(value)}</output>
    </label>
  );
}

interface ChoicesProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
}

/** One of a few words, the first unless the address says another. */
export function Choices({ name, label, options }: ChoicesProps) {
  const chosen = choiceOf(name, options);
  return (
    <fieldset class="tabs" aria-label={label}>
      {options.map(option => (
        <button key={option} type="button" aria-pressed={option === chosen} onClick={() => choose({ [name]: option })}>
          {option}
        </button>
      ))}
    </fieldset>
  );
}

export function choiceOf<T extends string>(name: string, options: readonly T[]): T {
  return options.find(option => option === params.value[name]) ?? options[0]!;
}
