import { sizeOf } from '../../../engine/shape.js';
import { receptiveField } from '../../../inspect/one_number.js';
import type { Inspection } from '../../../inspect/types.js';
import { count } from '../draw/format.js';
import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { KernelPlay } from './pieces/kernel_play.js';
import { Ran, stepsOf, validationOf } from './run/ran.js';
import { at, Shown, There, Worked } from './said.js';

/** The column of a number of the first layer's maps. */
const columnOf =
  (index: number) =>
  ({ layers }: Inspection): string => {
    const [, width, channels] = layers[0]!.outputShape as [number, number, number];
    return `${Math.floor(index / channels) % width}`;
  };

/** The products that make a number of a convolution. */
const productsOf =
  (layer: number) =>
  ({ layers }: Inspection): string => {
    const { window, inputShape } = layers[layer]!;
    return `${window!.kernelHeight * window!.kernelWidth * inputShape.at(-1)!} products`;
  };

/** The rows of the picture that a number depends on. */
const rowsOf =
  (layer: number, index: number) =>
  (inspection: Inspection): string | undefined => {
    const input = receptiveField(inspection, layer, index).find(({ tensor }) => tensor === 'input');
    return input && `rows ${input.top} to ${input.top + input.height - 1}`;
  };

export const convolution: Lesson = {
  id: 'convolution',
  title: 'What a convolution is',
  summary: 'Nine weights slide over a picture, and each place gives one number.',
  steps: [
    {
      title: 'One window, one number',
      text: (
        <>
          <p>
            Here is one number of the first layer, before relu: <Shown by="sum" of={at('layer0/pre_activation', 1649)} />. It comes from a
            window of 3 × 3 pixels, which is marked in <There by="picture">the picture</There>: each pixel's red, green and blue are
            multiplied by weights, and the products and <Shown by="sum">the bias</Shown> are added.
          </p>
          <p>
            The <Shown by="sum" of={productsOf(0)} /> are laid out <There by="terms">beside this</There>. Their sum is the number that the
            buffer holds.
          </p>
        </>
      ),
      question: {
        asks: 'How many of the products belong to one pixel?',
        answer: 'Three: one for its red, one for its green, one for its blue. Nine pixels make nine times three.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/pre_activation', index: 1649 },
      constants: ['3 × 3', 'three', 'nine'],
    },
    {
      title: 'The same weights everywhere',
      text: (
        <>
          <p>
            This is the number one column to the right, in column <Shown by="position" of={columnOf(1655)} />. The window has moved by one
            pixel; the weights are the same. So a filter finds what it looks for wherever it is, and needs few weights: 3 × 3 × 3 and a
            bias.
          </p>
          <p>
            Walk over <There by="map">the map</There> with the arrow keys and watch the window.
          </p>
        </>
      ),
      question: {
        asks: 'How many weights would a dense layer need to make as many numbers from this picture?',
        answer: (
          <>
            Each number would have a weight for each number of the picture:{' '}
            <Worked of={({ layers }) => count(sizeOf(layers[0]!.inputShape) * sizeOf(layers[0]!.outputShape))} /> in all, and a bias each.
            The convolution has <Worked of={({ layers }) => count(layers[0]!.weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0))} />
            .
          </>
        ),
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/pre_activation', index: 1655 },
      constants: ['3 × 3 × 3'],
    },
    {
      title: 'Kernels that people know',
      text: (
        <>
          <p>
            Before networks learned kernels, people wrote them down. Each of these turns the picture into another by nine weights. Compare
            them with <There by="map">the maps</There> of the network's own filters.
          </p>
          <KernelPlay />
        </>
      ),
      question: {
        asks: 'Which of these kernels give 0 where the picture has one flat colour?',
        answer: 'The two for edges: their weights add up to 0. Those of the others add up to 1, so that they leave a flat colour as it is.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'output' },
      constants: ['nine', '0', 'two', '1'],
    },
    {
      title: 'Kernels that it learned',
      text: (
        <p>
          These are the first layer's <Shown by="layer" of={({ layers }) => `${layers[0]!.outputShape.at(-1)} filters`} />. Nobody wrote
          them: training moved them, a little at each step, to where the loss fell. Some look like the edges of the step before, some look
          for a colour: below the maps stand <Shown by="layer">the same filters as colours</Shown>.
        </p>
      ),
      question: {
        asks: 'How do you tell a filter for a colour from one for an edge?',
        answer:
          'A filter for a colour has about the same colour in all of its cells. One for an edge is dark on one side and light on the other.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'kernel' },
    },
    {
      title: 'Filters over filters',
      text: (
        <p>
          The second convolution's windows cover the maps of the pooling before it, all channels at once: this number is a sum of{' '}
          <Shown by="sum" of={productsOf(2)} />. It therefore depends on a larger part of the picture,{' '}
          <Shown by="picture" of={rowsOf(2, 335)} />, which is marked there.
        </p>
      ),
      question: {
        asks: 'Its window is 3 × 3, too. Why does it see more of the picture than a number of the first layer?',
        answer:
          'It covers numbers of the pooling, each of which is the largest of four of the first layer, and each of those has seen a window of its own. Every layer widens what the next one sees.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer2/pre_activation', index: 335 },
      constants: ['3 × 3', 'four'],
    },
    {
      title: 'Filters that form',
      text: (
        <p>
          Here a network with the same layers learns from the beginning: <Shown by="run">the first layer's filters</Shown> are drawn at
          random, and <Ran of={stepsOf} /> move them. It is then right on <Ran of={validationOf} /> of faces that it did not learn from.
        </p>
      ),
      question: {
        asks: 'Choose another seed. Do the same filters form?',
        answer:
          'No: others form, and the network is right about as often. There are many good sets of filters, and the first weights decide which of them is found.',
      },
      view: 'lessons',
      stage: 'filters',
    },
  ],
};
