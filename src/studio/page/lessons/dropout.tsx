import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { DropoutDraw } from './pieces/dropout_draw.js';

export const dropout: Lesson = {
  id: 'dropout',
  title: 'What dropout does to a path',
  summary: 'In training some numbers are set to 0 by chance, so that no unit relies on a single other.',
  steps: [
    {
      title: 'The mask',
      text: (
        <p>
          This is the mask of one training step: 0 for a number that is dropped, and a factor above 1 for those that are kept, so that their
          sum stays about the same. The next step draws another.
        </p>
      ),
      view: 'network',
      params: { picture: FACE, layer: 5, show: 'mask', training: 1 },
    },
    {
      title: 'A number through it',
      text: <p>Each number is multiplied with its factor. Where that is 0, what the picture had to say here is not heard in this step.</p>,
      view: 'number',
      params: { tensor: 'layer5/output', index: 86, training: 1 },
    },
    {
      title: 'And back',
      text: (
        <p>
          The gradient is multiplied with the same factor: a weight of the next layer that got a 0 learns nothing in this step. Over many
          steps each unit learns to do without any one of the others.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer4/output/gradient', index: 86, training: 1 },
    },
    {
      title: 'Chance that repeats',
      text: (
        <>
          <p>
            Masks are drawn from the seed and the place in the training alone, by the same arithmetic in the shader and here. The same run
            again drops the same numbers.
          </p>
          <DropoutDraw />
        </>
      ),
      view: 'network',
      params: { layer: 5, show: 'mask', training: 1 },
    },
    {
      title: 'Off when it counts',
      text: (
        <p>
          For predictions nothing is dropped and nothing multiplied: compare the probabilities under the picture with and without 'dropout
          on, as in training'.
        </p>
      ),
      view: 'network',
      params: { layer: 5, show: 'output' },
    },
  ],
};
