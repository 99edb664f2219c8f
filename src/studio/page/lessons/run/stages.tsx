import type { ComponentType } from 'preact';
import type { StageName } from '../../lesson.js';
import { BatchPictures, Filters, OpTimes, Plane } from './displays.js';
import { MoveWeight } from './move_weight.js';
import { RunStage } from './stage.js';
import { WinogradWays } from './winograd_ways.js';

const FiltersStage = () => (
  <RunStage title="Filters that form" settings={['seed', 'learningRate']} charts={['loss', 'accuracy']}>
    {({ first, looks }) => first && looks.length > 0 && <Filters first={first} now={looks.at(-1)!.filters} />}
  </RunStage>
);

const DeadStage = () => <RunStage title="Units that die" settings={['learningRate', 'optimizer']} charts={['dead', 'loss']} />;

const PoolingStage = () => <RunStage title="With pooling and without" settings={['pool']} charts={['loss', 'accuracy']} />;

const DropoutStage = () => (
  <RunStage
    title="Few pictures, many epochs"
    config={{ pictures: 40, epochs: 60, dropout: 0 }}
    settings={['dropout']}
    charts={['loss', 'accuracy']}
  />
);

const LossStage = () => <RunStage title="Two losses at work" settings={['loss']} charts={['loss', 'accuracy']} />;

const PlaneStage = () => (
  <RunStage
    title="Two units before the last layer"
    config={{ units: 2, epochs: 12 }}
    settings={['seed', 'learningRate']}
    charts={['loss', 'accuracy']}
  >
    {({ looks }) => looks.at(-1)?.plane && <Plane plane={looks.at(-1)!.plane!} />}
  </RunStage>
);

const OptimizerStage = () => (
  <RunStage title="Adam and plain descent" settings={['optimizer', 'learningRate']} charts={['loss', 'gradients']} />
);

const AugmentationStage = () => (
  <RunStage
    title="Augmented pictures"
    config={{ augment: true, pictures: 40, epochs: 60 }}
    settings={['augment']}
    charts={['loss', 'accuracy']}
  >
    {({ looks }) => looks.length > 0 && <BatchPictures batch={looks.at(-1)!.batch} />}
  </RunStage>
);

const TimesStage = () => (
  <RunStage title="Where the time goes" config={{ epochs: 4 }} settings={['pool']} charts={[]}>
    {({ times, ms }) => times && ms !== undefined && <OpTimes times={times} ms={ms} />}
  </RunStage>
);

/** The runs of the lessons, by what their steps call them. */
export const STAGES: Readonly<Record<StageName, ComponentType>> = {
  filters: FiltersStage,
  dead: DeadStage,
  pooling: PoolingStage,
  dropout: DropoutStage,
  loss: LossStage,
  plane: PlaneStage,
  optimizer: OptimizerStage,
  augmentation: AugmentationStage,
  times: TimesStage,
  move: MoveWeight,
  ways: WinogradWays,
};
