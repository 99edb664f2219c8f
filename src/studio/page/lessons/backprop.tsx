import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { WinnerTakes } from './pieces/winner_takes.js';

export const backprop: Lesson = {
  id: 'backprop',
  title: 'Backprop through one window',
  summary: 'Every number that used a number sends it back a share of the blame.',
  steps: [
    {
      title: 'The question',
      text: (
        <p>
          How much would the loss change if this number of the first layer were a little larger? That is its gradient. It is answered from
          the end backwards, each layer asking the one behind it.
        </p>
      ),
      view: 'network',
      params: { picture: FACE, layer: 0, show: 'output/gradient' },
    },
    {
      title: 'Through the dense layer',
      text: (
        <p>
          Each unit that took this number multiplied it with a weight. So it sends back its own gradient times that weight, and what all of
          them send is added up.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer4/output/gradient', index: 86 },
    },
    {
      title: 'Through the pooling',
      text: (
        <>
          <p>
            A pooling window passes its gradient to the winner. The others get 0: had they been a little larger, nothing would have changed.
          </p>
          <WinnerTakes />
        </>
      ),
      view: 'network',
      params: { layer: 0, show: 'output/gradient' },
    },
    {
      title: 'Through the convolution',
      text: (
        <p>
          A number of the first pooling was used by up to nine windows of the second convolution, in each with another weight of each
          filter. All of them send something back.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer1/output/gradient', index: 431 },
    },
    {
      title: 'To a weight',
      text: (
        <p>
          A weight was used at every place of its map. Its gradient is the sum over all places of the pixel that it met times the gradient
          of what came out. This sum is what the optimizer is given.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer0/kernel/gradient', index: 5 },
    },
  ],
};
