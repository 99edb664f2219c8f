import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { ClassScores } from './pieces/class_scores.js';
import { Ran, wrongOf } from './run/ran.js';
import { at, Shown, There } from './said.js';

/** Of the last layer: how many numbers it takes. */
const units = ({ layers }: { readonly layers: readonly { readonly inputShape: readonly number[] }[] }): string =>
  `${layers.at(-1)!.inputShape.at(-1)}`;

export const lastLayer: Lesson = {
  id: 'last-layer',
  title: 'What the last layer compares',
  summary: 'A few numbers stand for the whole picture, and each speaks for a class or against it.',
  steps: [
    {
      title: 'The picture in a few numbers',
      text: (
        <p>
          All that the network has to say of a picture before it decides stands in{' '}
          <Shown by="layer" of={({ layers }) => `${layers[6]!.outputShape.at(-1)} units`} />.{' '}
          <There by="map">These are their numbers</There>. Two pictures that are alike to the network have about the same ones, whatever
          their pixels.
        </p>
      ),
      question: {
        asks: 'Go to a face without a mask. Which numbers change most?',
        answer: 'Those that speak for one of the classes. The next step says which they are.',
      },
      view: 'network',
      params: { picture: FACE, layer: 6, show: 'output' },
      constants: ['two'],
    },
    {
      title: 'For and against',
      text: (
        <>
          <p>
            A class' logit is a sum over these numbers, each times a weight:{' '}
            <Shown by="sum" of={inspection => `${units(inspection)} products`} /> and the bias make <Shown by="sum" of={at('logits', 0)} />.
            Here are those that matter most for this picture:
          </p>
          <ClassScores />
        </>
      ),
      question: {
        asks: 'Can a unit speak against one class and also against the other?',
        answer:
          'It can: each class has a weight of its own for it. What decides is the difference of the two, since softmax compares the logits.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'logits', index: 0 },
      constants: ['two'],
    },
    {
      title: 'What it looked at',
      text: (
        <p>
          <Shown by="heats">Grad-CAM</Shown> asks which places of the last maps raise a class' logit, and paints them over the picture.{' '}
          <There by="neighbours">The neighbours</There> are the pictures whose numbers before the last layer are nearest: do they look alike
          to you, too?
        </p>
      ),
      question: {
        asks: 'Grad-CAM is bright at a place. Does the network look for a mask there?',
        answer:
          'It says that the maps there raise the logit, not why. Occlusion asks otherwise: it hides the place and looks at how much the class loses.',
      },
      view: 'learned',
      params: { picture: FACE },
    },
    {
      title: 'A plane of faces',
      text: (
        <p>
          Here only two units stand before the last layer, so that <There by="run">each face is two numbers</There>, a point of a plane.
          Watch how training pulls the classes apart: <Ran of={wrongOf} /> are on the wrong side of the line now. All that the last layer
          does is draw that line.
        </p>
      ),
      question: {
        asks: 'Where does a face lie that the network is unsure of?',
        answer: 'Near the line, where both logits are about equal. The further from it, the surer it is; that does not make it right.',
      },
      view: 'lessons',
      stage: 'plane',
      constants: ['two'],
    },
  ],
};
