import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { DropoutDraw } from './pieces/dropout_draw.js';
import { accuracyOf, dropoutOf, picturesOf, Ran, validationOf } from './run/ran.js';
import { at, Shown, There, Worked } from './said.js';

/** The factor that dropout gave a number: 0, or 1 / (1 - rate). */
const factor = at('layer5/mask', 86);

export const dropout: Lesson = {
  id: 'dropout',
  title: 'What dropout does to a path',
  summary: 'In training some numbers are set to 0 by chance, so that no unit relies on a single other.',
  steps: [
    {
      title: 'The mask',
      text: (
        <p>
          This is <There by="map">the mask</There> of one training step: 0 for a number that is dropped, and{' '}
          <Shown by="map" of={({ tensors }) => Math.max(...Array.from(tensors['layer5/mask']?.data ?? [0]))} /> for those that are kept, so
          that their sum stays about the same. The next step draws another.
        </p>
      ),
      question: {
        asks: 'How many numbers does this mask keep?',
        answer: (
          <>
            <Worked of={({ tensors }) => `${Array.from(tensors['layer5/mask']?.data ?? []).filter(value => value > 0).length}`} /> of{' '}
            <Shown by="layer" of={({ layers }) => `${layers[5]!.outputShape.at(-1)}`} />: about the share that is not dropped, and not
            exactly it, since each number is drawn by itself.
          </>
        ),
      },
      view: 'network',
      params: { picture: FACE, layer: 5, show: 'mask', training: 1 },
      constants: ['0'],
    },
    {
      title: 'A number through it',
      text: (
        <p>
          Each number is multiplied by its factor, this one by <Shown by="terms" of={factor} />, which makes{' '}
          <Shown by="sum" of={at('layer5/output', 86)} />. Where the factor is 0, what the picture had to say here is not heard in this
          step.
        </p>
      ),
      question: {
        asks: 'Why are the kept numbers made larger?',
        answer:
          'So that the sums of the next layer are, on average, as large as without dropout. Then nothing needs to be changed when the network is asked for a prediction.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer5/output', index: 86, training: 1 },
      constants: ['0'],
    },
    {
      title: 'And back',
      text: (
        <p>
          The gradient is multiplied by the same factor, <Shown by="terms" of={factor} />. A weight of the next layer that was given a 0
          learns nothing in this step. Over many steps each unit learns to do without any one of the others.
        </p>
      ),
      question: {
        asks: 'What is the gradient of a number that was dropped?',
        answer: 'It is 0: had the number been another, the loss of this step would have been the same.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer4/output/gradient', index: 86, training: 1 },
      constants: ['0'],
    },
    {
      title: 'Chance that repeats',
      text: (
        <>
          <p>
            <There by="map">A mask</There> is drawn from the seed, the layer and the place in the training, by the same arithmetic on a GPU
            and here. Masks drawn so for other rates and steps:
          </p>
          <DropoutDraw />
        </>
      ),
      question: {
        asks: 'What is chance that repeats good for?',
        answer:
          'A run with the same seed drops the same numbers and ends with the same weights, so that what changed can only come from what was changed on purpose.',
      },
      view: 'network',
      params: { picture: FACE, layer: 5, show: 'mask', training: 1 },
    },
    {
      title: 'Off when it counts',
      text: (
        <p>
          For predictions nothing is dropped and nothing multiplied: tick <Shown by="picture">with dropout, as in training</Shown> and see
          whether the probabilities under the picture change.
        </p>
      ),
      question: {
        asks: 'Why not leave it on?',
        answer:
          'The same picture would get another answer each time, and a worse one on average: half of what the network sees would be missing.',
      },
      view: 'network',
      params: { picture: FACE, layer: 5, show: 'output' },
      constants: ['half'],
    },
    {
      title: 'Few pictures, many times',
      text: (
        <p>
          This network sees the same <Ran of={picturesOf} /> again and again; its dropout is <Ran of={dropoutOf} />. It is right on{' '}
          <Ran of={accuracyOf} /> of them, but on <Ran of={validationOf} /> of others: it learns the pictures by heart, and the surer it
          gets, the more its mistakes on others cost. Choose another share and compare both losses.
        </p>
      ),
      question: {
        asks: 'With much dropout the training loss is higher. Why can that be worth it?',
        answer:
          'What counts is the loss on other pictures. A network that is kept from learning by heart has to use what many faces have in common. Too much of it, and too little is left to learn with.',
      },
      view: 'lessons',
      stage: 'dropout',
    },
  ],
};
