import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { AffinePlay } from './pieces/affine_play.js';
import { accuracyOf, picturesOf, Ran, validationOf } from './run/ran.js';
import { Shown, There } from './said.js';

export const augmentation: Lesson = {
  id: 'augmentation',
  title: 'Augmentation as one matrix',
  summary: 'Turned, moved, sheared, zoomed: one product of matrices, and every output pixel asks where it comes from.',
  steps: [
    {
      title: 'One map',
      text: (
        <>
          <p>
            A face turned by a few degrees is still a face. In training <There by="picture">each picture</There> is given to the network a
            little changed each time. Every change of this kind is a matrix, and all of them together are one, multiplied together once for
            a picture:
          </p>
          <AffinePlay />
        </>
      ),
      question: {
        asks: 'Set the rotation to 0. Which of the numbers are left, and which are 0?',
        answer:
          'The two on the diagonal are 1 and the other two 0, as no row depends on a column then. What stands at the end is the move.',
      },
      view: 'network',
      params: { picture: FACE, layer: 'none' },
      constants: ['0', 'two', '1'],
    },
    {
      title: 'Backwards',
      text: (
        <>
          <p>
            The matrix leads from an output pixel to the place in the input that it comes from, so that no output pixel is left empty. That
            place lies between four pixels, which are mixed by how near they are; beyond the edge the last pixel is repeated. The network
            takes pictures of <Shown by="head" of={({ inputShape }) => inputShape.join(' × ')} />, before and after.
          </p>
          <AffinePlay />
        </>
      ),
      question: {
        asks: 'Move the picture to the side by the slider. What is drawn where nothing comes from?',
        answer: 'Stripes: the last column repeated. Keras calls it the fill mode nearest, and it is the usual one.',
      },
      view: 'network',
      params: { picture: FACE, layer: 'none' },
      constants: ['four'],
    },
    {
      title: 'In a run',
      text: (
        <p>
          This network sees <Ran of={picturesOf} />, changed anew in each epoch: <Shown by="run">the last batch</Shown> is drawn as the
          network took it. It gets <Ran of={accuracyOf} /> of them right and <Ran of={validationOf} /> of faces that it did not learn from.
          Switch <Shown by="run">augmentation</Shown> off and compare.
        </p>
      ),
      question: {
        asks: 'Without augmentation the training loss falls faster. Is that better?',
        answer:
          'Not by itself: the same few pictures are easy to learn by heart. What counts is the loss on others. The angles are drawn from the seed, so that the same run again draws the same ones, those that Keras would draw.',
      },
      view: 'lessons',
      stage: 'augmentation',
    },
  ],
};
