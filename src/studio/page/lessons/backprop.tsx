import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { WinnerTakes } from './pieces/winner_takes.js';
import { Tried } from './run/ran.js';
import { at, Shown, There, Worked } from './said.js';

/** The number whose gradient is followed: of the first layer, the winner of its pooling window. */
const NUMBER = 1649;
const POOLED = 431;
const CHANNEL = 5;

export const backprop: Lesson = {
  id: 'backprop',
  title: 'Backprop through one window',
  summary: 'Every number that used a number sends it back a share of the blame.',
  steps: [
    {
      title: 'The question',
      text: (
        <p>
          How much would the loss change if a number of the first layer were a little larger? That is its gradient.{' '}
          <There by="map">These are the gradients</There> of channel <Shown by="map">{CHANNEL}</Shown>. They are computed from the end
          backwards, each layer asking the one behind it.
        </p>
      ),
      question: {
        asks: (
          <>
            Why are so many of them 0: <Shown by="layer" of={({ tensors }) => zeros(tensors['layer0/output/gradient']!.data)} />?
          </>
        ),
        answer: 'Only one number of each pooling window has a share in the loss, and not even that one where a relu after it is closed.',
      },
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'output/gradient', channel: CHANNEL },
      constants: ['0'],
    },
    {
      title: 'Through the dense layer',
      text: (
        <p>
          Each unit that took this number multiplied it by a weight. So it sends back its own gradient times that weight, and what all of
          them send is added up: <Shown by="sum" of={({ layers }) => `${layers[6]!.outputShape.at(-1)} products`} />, one for each unit,
          make <Shown by="sum" of={at('layer5/output/gradient', 86)} />.
        </p>
      ),
      question: {
        asks: 'Some of the products are 0. What can be said of those units?',
        answer: 'Their relu is closed for this picture: they send nothing back, whatever their weight is.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer5/output/gradient', index: 86 },
      constants: ['0'],
    },
    {
      title: 'Through the convolution',
      text: (
        <p>
          A number of the first pooling was used by up to nine windows of the second convolution, in each with another weight of each
          filter. All of them send something back: <Shown by="sum" of={({ layers }) => `${9 * layers[2]!.outputShape.at(-1)!} products`} />{' '}
          make <Shown by="sum" of={at('layer1/output/gradient', POOLED)} />.
        </p>
      ),
      question: {
        asks: 'Which numbers of the pooling were used by fewer than nine windows?',
        answer: 'Those near the edge. The one in a corner is in a single window.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer1/output/gradient', index: POOLED },
      constants: ['nine'],
    },
    {
      title: 'Through the pooling',
      text: (
        <>
          <p>
            A pooling window passes its gradient to the winner, here <Shown by="sum" of={at('layer0/output/gradient', NUMBER)} />. The
            others get 0: had they been a little larger, nothing would have changed.
          </p>
          <WinnerTakes />
        </>
      ),
      question: {
        asks: 'What if two numbers of a window are equally large?',
        answer: 'The first one wins and gets all of it, as in TensorFlow. It is a choice; any share between both would be as true.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/output/gradient', index: NUMBER, window: POOLED },
      constants: ['0', 'two'],
    },
    {
      title: 'To a weight',
      text: (
        <p>
          A weight was used at every place of its map. Its gradient is the sum over all places of the pixel that it met times the gradient
          of what came out: <Shown by="sum" of={({ layers }) => `${places(layers[0]!.outputShape)} products`} /> make{' '}
          <Shown by="sum" of={at('layer0/kernel/gradient', 5)} />. This sum is what the optimizer is given.
        </p>
      ),
      question: {
        asks: 'This gradient is below 0. Which way does a step move the weight?',
        answer: (
          <>
            Up: a step goes against the gradient. The weight is <Worked of={at('layer0/kernel', 5)} /> now, and the loss falls when it
            grows.
          </>
        ),
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/kernel/gradient', index: 5 },
      constants: ['0'],
    },
    {
      title: 'Is it true?',
      text: (
        <>
          <p>
            <There by="run">All gradients of this step</There> came from one walk back. They can be checked without any of it: move one
            weight a little, compute the picture again, and see what the loss does.
          </p>
          <p>
            Moved by ± <Tried of={({ by }) => `${by}`} />, this weight changes the loss by <Tried of={({ slope }) => slope} /> for each
            unit. Backpropagation says <Tried of={({ gradient }) => gradient} />. Choose other weights, and move them further or less.
          </p>
        </>
      ),
      question: {
        asks: 'Move the weight by 0.3, then by 0.000001. Why does the slope miss the gradient both times?',
        answer:
          'A long move passes places where a relu opens or closes or another number wins a pooling window, and the curve bends there: a gradient tells of the nearest surroundings alone. After a tiny move the loss differs by less than float32 can hold. So checks like this one take a move in between.',
      },
      view: 'lessons',
      stage: 'move',
      params: { picture: FACE },
      constants: ['0.3', '0.000001', 'float32'],
    },
  ],
};

const places = (shape: readonly number[]): number => shape[0]! * shape[1]!;

function zeros(data: ArrayLike<number>): string {
  const none = Array.from(data).filter(value => value === 0).length;
  return `${Math.round((100 * none) / data.length)} %`;
}
