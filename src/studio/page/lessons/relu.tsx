import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { ReluShift } from './pieces/relu_shift.js';

export const relu: Lesson = {
  id: 'relu',
  title: 'Relu and dead units',
  summary: 'What is below 0 becomes 0, sends no gradient back, and can stay so.',
  steps: [
    {
      title: 'Before',
      text: (
        <p>
          These are the first layer's sums before relu. Blue is below 0, orange above. Without anything between them, two layers of sums
          would be one layer of sums, and could tell apart no more than that.
        </p>
      ),
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'pre_activation' },
    },
    {
      title: 'After',
      text: (
        <p>
          Relu is max(0, value): what was blue is 0 now. A filter says how much of its pattern there is, and nothing where there is none.
        </p>
      ),
      view: 'network',
      params: { layer: 0, show: 'output' },
    },
    {
      title: 'The gradient passes or it does not',
      text: (
        <p>
          Going back, relu multiplies the gradient with 1 where the sum was above 0, and with 0 elsewhere. Here is the gradient of one sum:
          it is the output's, or 0.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer0/pre_activation/gradient', index: 1649 },
    },
    {
      title: 'Silent and dead',
      text: (
        <>
          <p>A step that is too large can push a bias so low that a filter's sums are below 0 everywhere. Try it:</p>
          <ReluShift />
        </>
      ),
      view: 'network',
      params: { layer: 0, show: 'pre_activation' },
    },
    {
      title: 'Watch for it',
      text: (
        <p>
          While a run goes on, the studio measures for each relu layer which share of its units is 0 for every picture of the batch and at
          every place. A share that grows and stays is a sign of too high a learning rate.
        </p>
      ),
      view: 'train',
    },
  ],
};
