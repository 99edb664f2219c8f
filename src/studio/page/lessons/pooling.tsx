import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { PoolShift } from './pieces/pool_shift.js';
import { poolOf, Ran, validationOf, weightsOf } from './run/ran.js';
import { at, Shown, shapeOfLayer, There, Worked } from './said.js';

export const pooling: Lesson = {
  id: 'pooling',
  title: 'Why pool',
  summary: 'The largest of each window is kept: fewer numbers, and a face may stand a pixel aside.',
  steps: [
    {
      title: 'The largest wins',
      text: (
        <p>
          A number of the pooling layer is the largest of 2 × 2 numbers of the map before it: here{' '}
          <Shown by="sum" of={at('layer1/output', 431)} />. <There by="terms">The winner is marked</There>; the other three leave no trace.
          There are no weights to learn.
        </p>
      ),
      question: {
        asks: 'Would the output change if one of the losers were a little larger?',
        answer: 'No, as long as it stays below the winner. That is why the losers get no gradient.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer1/output', index: 431 },
      constants: ['2 × 2', 'three'],
    },
    {
      title: 'A quarter of the numbers',
      text: (
        <p>
          The maps are half as high and half as wide: <Shown by="layer" of={shapeOfLayer(0)} /> numbers become{' '}
          <Shown by="layer" of={shapeOfLayer(1)} />. So the next layer has a quarter of the work, and each of its windows covers twice as
          much of the picture each way. What is lost is where exactly in the window the winner stood.
        </p>
      ),
      question: {
        asks: (
          <>
            The second pooling makes <Shown by="head" of={shapeOfLayer(2)} /> into <Shown by="head" of={shapeOfLayer(3)} />. Why not half of
            the height exactly?
          </>
        ),
        answer: 'The height is odd. The last row and the last column fill no window of their own and are left out.',
      },
      view: 'network',
      params: { picture: FACE, layer: 1, show: 'output' },
      constants: ['half', 'quarter', 'twice'],
    },
    {
      title: 'A small move matters less',
      text: (
        <>
          <p>
            Move a map of this picture, channel <Shown by="map">0</Shown>, by a pixel. How much of it changes before pooling, and how much
            after?
          </p>
          <PoolShift />
        </>
      ),
      question: {
        asks: 'What happens with a larger window, and with one of 1 × 1?',
        answer:
          'With a larger one the move matters less, and so does everything that is small. With 1 × 1 nothing is pooled, and both maps change alike.',
      },
      view: 'network',
      params: { picture: FACE, layer: 1, show: 'output' },
      constants: ['1 × 1'],
    },
    {
      title: 'Who won',
      text: (
        <p>
          These are <There by="map">the winners</There>, by their place in the window: 0 and 1 are the upper numbers, 2 and{' '}
          <Shown by="map">3</Shown> the lower ones. The backward pass needs them, since only a winner has a share in the loss.
        </p>
      ),
      question: {
        asks: 'Which place wins most often here, and why?',
        answer: (
          <>
            Place <Worked of={({ tensors }) => `${mostFrequent(tensors['layer1/argmax']!.data)}`} />: of equal numbers the first wins, and
            where relu left only zeros in a window, all are equal.
          </>
        ),
      },
      view: 'network',
      params: { picture: FACE, layer: 1, show: 'argmax' },
      constants: ['0', '1', '2'],
    },
    {
      title: 'What it costs to do without',
      text: (
        <p>
          This network pools <Ran of={poolOf} /> and has <Ran of={weightsOf} /> weights. Choose <Shown by="run">none</Shown> to leave the
          pooling layers out, and compare <Shown by="run">weights</Shown>, the time <Shown by="run">per step</Shown> and the accuracy on
          faces that it did not learn from, now <Ran of={validationOf} />.
        </p>
      ),
      question: {
        asks: 'Where do the many weights come from when nothing is pooled?',
        answer:
          'From the dense layer: it has a weight for each unit and each number that it is given, and without pooling it is given far more. It may tell as many faces right, or some more, but each step takes longer: what pooling saves is work and memory.',
      },
      view: 'lessons',
      stage: 'pooling',
    },
  ],
};

/** The number that is there most often. */
function mostFrequent(data: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < data.length; i++) counts.set(data[i]!, (counts.get(data[i]!) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]![0];
}
