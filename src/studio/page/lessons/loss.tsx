import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { LossSurface } from './pieces/loss_surface.js';

export const loss: Lesson = {
  id: 'loss',
  title: 'Softmax and the loss as surfaces',
  summary: 'Two numbers become two probabilities, and the loss says which way both should move.',
  steps: [
    {
      title: 'From logits to probabilities',
      text: (
        <p>
          The last layer gives a number for each class, the logits. Softmax makes them probabilities: each exp(logit) over the sum of all.
          Only the difference of the logits counts.
        </p>
      ),
      view: 'number',
      params: { picture: FACE, tensor: 'probabilities', index: 0 },
    },
    {
      title: 'The price of being wrong',
      text: (
        <p>
          The loss is low where the true class has a high probability, and grows without end where the network is sure of the wrong one.
          This is this picture's.
        </p>
      ),
      view: 'number',
      params: { tensor: 'loss', index: 0 },
    },
    {
      title: 'A surface',
      text: (
        <>
          <p>The loss over both logits. It begins at those of the picture; click the surface to go elsewhere.</p>
          <LossSurface />
        </>
      ),
      view: 'number',
      params: { tensor: 'logits', index: 0 },
    },
    {
      title: 'Two losses, two slopes',
      text: (
        <p>
          Go back a step and change the loss. The categorical one looks at the difference of the logits alone: its valleys run straight. The
          binary one, which this network was trained with, asks of each logit by itself whether it has the right sign, as Keras does with
          two outputs.
        </p>
      ),
      view: 'number',
      params: { tensor: 'logits', index: 1 },
    },
    {
      title: 'Where learning begins',
      text: (
        <p>
          This is the loss' gradient of a logit: a probability minus what it should be. All other gradients are this one, sent further back.
        </p>
      ),
      view: 'number',
      params: { tensor: 'logits/gradient', index: 0 },
    },
  ],
};
