import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { KernelPlay } from './pieces/kernel_play.js';

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
            Here is one number of the first layer, before relu. It comes from a window of 3 × 3 pixels, which is marked in the picture: each
            pixel's red, green and blue are multiplied with a weight, and the products and a bias are added.
          </p>
          <p>The products are laid out beside this. Their sum is the number that the buffer holds.</p>
        </>
      ),
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/pre_activation', index: 1649 },
    },
    {
      title: 'The same weights everywhere',
      text: (
        <>
          <p>
            This is the number one column to the right. The window has moved by one pixel; the weights are the same. So a filter finds what
            it looks for wherever it is, and needs few weights: 3 × 3 × 3 and a bias.
          </p>
          <p>Walk over the map with the arrow keys and watch the window.</p>
        </>
      ),
      view: 'number',
      params: { tensor: 'layer0/pre_activation', index: 1655 },
    },
    {
      title: 'Kernels that people know',
      text: (
        <>
          <p>Before networks learned kernels, people wrote them down. Each of these turns the picture into another by nine weights:</p>
          <KernelPlay />
        </>
      ),
      view: 'network',
      params: { layer: 0, show: 'output' },
    },
    {
      title: 'Kernels that it learned',
      text: (
        <p>
          These are the first layer's filters. Nobody wrote them: training moved them, a little at each step, to where the loss fell. Some
          look like the edges of the step before, some look for a colour.
        </p>
      ),
      view: 'network',
      params: { layer: 0, show: 'kernel' },
    },
    {
      title: 'Filters over filters',
      text: (
        <p>
          The second convolution's windows cover the first one's maps, all channels at once. Its numbers therefore depend on a larger part
          of the picture: click one and look at what is marked.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer2/pre_activation', index: 335 },
    },
  ],
};
