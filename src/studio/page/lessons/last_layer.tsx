import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { ClassScores } from './pieces/class_scores.js';

export const lastLayer: Lesson = {
  id: 'last-layer',
  title: 'What the last layer compares',
  summary: 'A few numbers stand for the whole picture, and each speaks for a class or against it.',
  steps: [
    {
      title: 'The picture in a few numbers',
      text: (
        <p>
          All that the network has to say of a picture before it decides stands in these numbers. Two pictures that it takes for alike have
          about the same ones, whatever their pixels.
        </p>
      ),
      view: 'network',
      params: { picture: FACE, layer: 6, show: 'output' },
    },
    {
      title: 'For and against',
      text: (
        <>
          <p>A class' logit is a sum over these numbers, each times a weight. Here are the ones that matter most for this picture:</p>
          <ClassScores />
        </>
      ),
      view: 'number',
      params: { tensor: 'logits', index: 0 },
    },
    {
      title: 'What it looked at',
      text: (
        <p>
          Grad-CAM asks which places of the last maps raise a class' logit, and paints them over the picture. Neighbours are the pictures
          whose numbers before the last layer are nearest: do they look alike to you too?
        </p>
      ),
      view: 'learned',
    },
  ],
};
