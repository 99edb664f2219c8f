import type { TinyConfig } from './tiny_config.js';

/** One choice of a run's settings. */
interface Setting {
  readonly label: string;
  /** What can be chosen, in words. */
  readonly choices: readonly (readonly [string, Partial<TinyConfig>])[];
}

const rates = [0.0001, 0.001, 0.006, 0.03, 0.1];

export const SETTINGS = {
  learningRate: { label: 'learning rate', choices: rates.map(learningRate => [`${learningRate}`, { learningRate }]) },
  optimizer: {
    label: 'optimizer',
    choices: [
      ['Adam', { optimizer: 'adam' }],
      ['plain descent', { optimizer: 'sgd' }],
    ],
  },
  loss: {
    label: 'loss',
    choices: [
      ['categorical', { loss: 'categoricalCrossentropy' }],
      ['binary', { loss: 'binaryCrossentropy' }],
    ],
  },
  dropout: { label: 'dropout', choices: [0, 0.3, 0.5, 0.8].map(dropout => [dropout === 0 ? 'none' : `${dropout}`, { dropout }]) },
  pool: {
    label: 'pooling',
    choices: [
      ['2 × 2', { pool: 2 }],
      ['none', { pool: 1 }],
    ],
  },
  augment: {
    label: 'augmentation',
    choices: [
      ['on', { augment: true }],
      ['off', { augment: false }],
    ],
  },
  seed: { label: 'seed', choices: [5, 6, 7, 8].map(seed => [`${seed}`, { seed }]) },
} as const satisfies Readonly<Record<string, Setting>>;
export type SettingName = keyof typeof SETTINGS;

const settings: Readonly<Record<SettingName, Setting>> = SETTINGS;

const isChosen = (config: TinyConfig, part: Partial<TinyConfig>): boolean =>
  Object.entries(part).every(([name, value]) => config[name as keyof TinyConfig] === value);

/** What a config chooses of a setting, in words. */
export const chosenOf = (name: SettingName, config: TinyConfig): string =>
  settings[name].choices.find(([, part]) => isChosen(config, part))?.[0] ?? '?';

interface Props {
  readonly name: SettingName;
  readonly config: TinyConfig;
  readonly onChoose: (part: Partial<TinyConfig>) => void;
}

export function SettingChoice({ name, config, onChoose }: Props) {
  const { label, choices } = settings[name];
  return (
    <div class="row">
      <span class="quiet">{label}</span>
      <fieldset class="tabs" aria-label={label}>
        {choices.map(([words, part]) => (
          <button key={words} type="button" aria-pressed={isChosen(config, part)} onClick={() => onChoose(part)}>
            {words}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
