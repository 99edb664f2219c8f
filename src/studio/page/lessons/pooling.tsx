import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { PoolShift } from './pieces/pool_shift.js';

export const pooling: Lesson = {
  id: 'pooling',
  title: 'Why pool',
  summary: 'The largest of each window is kept: fewer numbers, and a face may stand a pixel aside.',
  steps: [
    {
      title: 'The largest wins',
      text: (
        <p>
          A number of the pooling layer is the largest of 2 × 2 numbers of the map before it. The winner is marked; the other three leave no
          trace. There are no weights to learn.
        </p>
      ),
      view: 'number',
      params: { picture: FACE, tensor: 'layer1/output', index: 431 },
    },
    {
      title: 'A quarter of the numbers',
      text: (
        <p>
          The maps are half as high and half as wide, so that the next layer has a quarter of the work, and each of its windows covers twice
          as much of the picture each way. What is lost is where exactly in the window the winner stood.
        </p>
      ),
      view: 'network',
      params: { layer: 1, show: 'output' },
    },
    {
      title: 'It does not mind a small move',
      text: (
        <>
          <p>Move a map of this picture by a pixel. How much of it changes before pooling, and how much after?</p>
          <PoolShift />
          <p>With a larger window it minds less and sees less: with 1 × 1 both are the same.</p>
        </>
      ),
      view: 'network',
      params: { layer: 1, show: 'output' },
    },
    {
      title: 'Who won',
      text: (
        <p>
          These are the winners: 0 and 1 are the window's upper numbers, 2 and 3 the lower ones. The backward pass needs them, since only a
          winner has a share in the loss.
        </p>
      ),
      view: 'network',
      params: { layer: 1, show: 'argmax' },
    },
  ],
};
