import { BatchPictures, Filters, OpTimes, Plane } from './displays.js';
import { RunStage } from './stage.js';

export const FiltersStage = () => (
  <RunStage title="Filters that form" settings={['seed', 'learningRate']} charts={['loss', 'accuracy']}>
    {({ first, looks }) => first && looks.length > 0 && <Filters first={first} now={looks.at(-1)!.filters} />}
  </RunStage>
);

export const DeadStage = () => <RunStage title="Units that die" settings={['learningRate', 'optimizer']} charts={['dead', 'loss']} />;

export const PoolingStage = () => <RunStage title="With pooling and without" settings={['pool']} charts={['loss', 'accuracy']} />;

export const DropoutStage = () => (
  <RunStage
    title="Few pictures, many epochs"
    config={{ pictures: 40, epochs: 40, dropout: 0 }}
    settings={['dropout']}
    charts={['loss', 'accuracy']}
  />
);

export const LossStage = () => <RunStage title="Two losses at work" settings={['loss']} charts={['loss', 'accuracy']} />;

export const PlaneStage = () => (
  <RunStage
    title="Two units before the last layer"
    config={{ units: 2, epochs: 16 }}
    settings={['seed', 'learningRate']}
    charts={['loss', 'accuracy']}
  >
    {({ looks }) => looks.at(-1)?.plane && <Plane plane={looks.at(-1)!.plane!} />}
  </RunStage>
);

export const OptimizerStage = () => (
  <RunStage title="Adam and plain descent" settings={['optimizer', 'learningRate']} charts={['loss', 'gradients']} />
);

export const AugmentationStage = () => (
  <RunStage
    title="Augmented pictures"
    config={{ augment: true, pictures: 40, epochs: 30 }}
    settings={['augment']}
    charts={['loss', 'accuracy']}
  >
    {({ looks }) => looks.length > 0 && <BatchPictures batch={looks.at(-1)!.batch} />}
  </RunStage>
);

export const TimesStage = () => (
  <RunStage title="Where the time goes" config={{ epochs: 4 }} settings={['pool']} charts={[]}>
    {({ times, ms }) => times && ms !== undefined && <OpTimes times={times} ms={ms} />}
  </RunStage>
);
