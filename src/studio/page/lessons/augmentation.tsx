import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { AffinePlay } from './pieces/affine_play.js';

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
            A face turned by a few degrees is still a face. In training each picture is given to the network a little changed each time.
            Every change of this kind is a matrix, and all of them together are one, multiplied together once for a picture:
          </p>
          <AffinePlay />
        </>
      ),
      view: 'network',
      params: { picture: FACE, layer: 'none' },
    },
    {
      title: 'Backwards',
      text: (
        <p>
          The matrix leads from an output pixel to the place in the input that it comes from, so that no output pixel is left empty. That
          place lies between four pixels, which are mixed by how near they are; beyond the edge the last pixel is repeated.
        </p>
      ),
      view: 'network',
      params: { layer: 'none' },
    },
    {
      title: 'In a run',
      text: (
        <p>
          During a run, the strip of the last batch shows the pictures as the network was given them. Run the same seed again, and the same
          angles are drawn, those that Keras would draw.
        </p>
      ),
      view: 'train',
    },
  ],
};
