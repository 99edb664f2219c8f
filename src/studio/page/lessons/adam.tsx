import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { OptimizerPaths } from './pieces/optimizer_paths.js';

export const adam: Lesson = {
  id: 'adam',
  title: 'Adam against plain descent',
  summary: 'A step for each weight by how steady its gradients are, not by how large.',
  steps: [
    {
      title: 'A race',
      text: (
        <>
          <p>
            Plain descent moves each weight by a rate times its gradient. In a valley that is steep across and flat along, a rate that is
            safe across is slow along. Adam divides each weight's step by the size of its own gradients.
          </p>
          <OptimizerPaths />
          <p>Raise the rate of descent until it runs away.</p>
        </>
      ),
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/kernel', index: 5 },
    },
    {
      title: 'A weight and its memory',
      text: (
        <p>
          For each weight Adam keeps two numbers: m, the mean of late gradients, and v, the mean of their squares. Beside this, the third
          card shows how the present gradient changes both, and the step that follows: rate × m̂ / (√v̂ + ε).
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer0/kernel', index: 5 },
    },
    {
      title: 'The first steps',
      text: (
        <p>
          Both means begin at 0 and would be too small at first. m̂ and v̂ correct that: in the very first step they are the gradient and its
          square, so that every weight moves by about the rate itself, whatever its gradient. This bias has many steps behind it, whose
          gradients pulled this way and that: its step is well below the rate.
        </p>
      ),
      view: 'number',
      params: { tensor: 'layer7/bias', index: 0 },
    },
    {
      title: 'In a run',
      text: (
        <p>
          The training view draws the norms of weights and gradients of each layer. Gradients that differ a thousandfold from layer to layer
          are no trouble for Adam; plain descent would have to be given a rate for each.
        </p>
      ),
      view: 'train',
    },
  ],
};
