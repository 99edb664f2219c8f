import { modelJson } from '../../../formats/keras/model_json.js';
import { sequential } from '../../../nn/model.js';
import { type RunConfig, type RunGoal, SAMPLE_FACES } from '../../protocol.js';
import { SMALL_RATE, SMALL_SIZE, smallLayers } from '../build/small_network.js';
import { defaults, run, send } from './live.js';

/** Settings of a run that tries a network: in so many epochs a small one is right on about 19 of 20 drawn faces that it never saw. */
export const SAMPLE_RUN = { epochs: 8, batchSize: 20, augment: false } as const;

/** The small network keeps to that after some 5 epochs; the minute is for slow machines, the epochs for a seed that is out of luck. */
export const SAMPLE_GOAL: RunGoal = { accuracy: 0.95, epochs: 3, seconds: 60 };
const MOST_EPOCHS = 30;

/** Settings of a run on drawn faces, besides its network. */
export const sampleConfig = (start: RunConfig): RunConfig => ({
  ...start,
  train: SAMPLE_FACES,
  validation: SAMPLE_FACES,
  ...SAMPLE_RUN,
  learningRate: SMALL_RATE,
  imageSize: [SMALL_SIZE, SMALL_SIZE],
});

/** Trains the small network, with new weights, on faces that the program draws. */
export function trainOnSample(): void {
  if (!defaults.value) return;
  const network = sequential(smallLayers(), { seed: 0 });
  send({
    type: 'start',
    config: { ...sampleConfig(defaults.value), epochs: MOST_EPOCHS },
    network: JSON.stringify(modelJson(network, undefined)),
    goal: SAMPLE_GOAL,
  });
}

export const isBusy = (): boolean => ['loading', 'running', 'paused'].includes(run.value?.state ?? '');

/** Whether the run under way, or the last one, is on drawn faces. */
export const isOnSample = (): boolean => run.value?.config.train === SAMPLE_FACES;
