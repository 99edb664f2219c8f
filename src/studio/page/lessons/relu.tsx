import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { ReluShift } from './pieces/relu_shift.js';
import { deadOf, Ran, rateOf } from './run/ran.js';
import { at, Shown, There } from './said.js';

export const relu: Lesson = {
  id: 'relu',
  title: 'Relu and dead units',
  summary: 'What is below 0 becomes 0, sends no gradient back, and can stay so.',
  steps: [
    {
      title: 'Before',
      text: (
        <p>
          These are <There by="map">the first layer's sums</There> before relu: <Shown by="legend">blue is below 0, orange above</Shown>.
          Without anything between them, two layers of sums would be one layer of sums, and could tell apart no more than that.
        </p>
      ),
      question: {
        asks: 'What would be lost if there were no relu, and a second convolution followed at once?',
        answer:
          'Both together would be one convolution with a larger window: a sum of sums is a sum. Any number of such layers could do no more than a single one.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'pre_activation' },
      constants: ['two', '0'],
    },
    {
      title: 'After',
      text: (
        <p>
          Relu is max(0, value): what was blue is 0 now, here the darkest colour, and what was orange is as it was. A filter says{' '}
          <There by="map">how much of its pattern</There> there is, and nothing where there is none.
        </p>
      ),
      question: {
        asks: 'How much of this layer is 0 for this face?',
        answer: (
          <>
            <Shown
              by="layer"
              of={({ tensors }) => {
                const { data } = tensors['layer0/output']!;
                const zeros = Array.from(data).filter(value => value === 0).length;
                return `${Math.round((100 * zeros) / data.length)} %`;
              }}
            />{' '}
            of its numbers: it stands above the histogram of the output.
          </>
        ),
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'output' },
      constants: ['0'],
    },
    {
      title: 'The gradient passes or it does not',
      text: (
        <p>
          Going back, relu multiplies the gradient by 1 where the sum was above 0, and by 0 elsewhere. Here is the gradient of one sum:{' '}
          <Shown by="sum" of={at('layer0/pre_activation/gradient', 1649)} />. <Shown by="terms">The gate is open</Shown>, so it is the
          output's gradient, unchanged.
        </p>
      ),
      question: {
        asks: 'The next number to the right is above 0 as well, yet its gradient is 0. Who stopped it?',
        answer:
          'The pooling after it: only the winner of a window gets a gradient, and this neighbour lost. Relu would have let it through.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/pre_activation/gradient', index: 1649 },
      constants: ['1', '0'],
    },
    {
      title: 'Silent and dead',
      text: (
        <>
          <p>
            A step that is too large can push a bias so low that a filter's sums are below 0 everywhere. Try it on channel{' '}
            <Shown by="map">0</Shown> of <There by="map">the maps</There>:
          </p>
          <ReluShift />
        </>
      ),
      question: {
        asks: 'Why does a dead filter not come back by training?',
        answer:
          'Its outputs are 0 for every picture, so its gradient is 0, and a step along a gradient of 0 moves no weight. Only a memory of earlier gradients, as momentum or Adam have, may still carry it out.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'pre_activation' },
      constants: ['0'],
    },
    {
      title: 'Watch units die',
      text: (
        <>
          <p>
            A unit is dead for a batch where it is 0 for every picture and at every place. At this rate, <Ran of={rateOf} />, the shares of
            dead units at the end are <Ran of={deadOf} />.
          </p>
          <p>
            Raise <Shown by="run">the learning rate</Shown> to 0.03 and to 0.1 and watch{' '}
            <Shown by="run">the share of dead relu units</Shown>. First more than half of a layer die, and the others still learn. Then
            whole layers are dead, no gradient comes through, and the loss stays where guessing leaves it.
          </p>
        </>
      ),
      question: {
        asks: 'A run has died at a high rate. Would it come back if the rate were lowered now?',
        answer: 'No: a gradient of 0 times any rate is 0. It must begin anew, with a lower rate or other first weights.',
      },
      view: 'lessons',
      stage: 'dead',
      constants: ['0', '0.03', '0.1', 'half'],
    },
  ],
};
