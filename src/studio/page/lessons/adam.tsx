import { explainUpdate } from '../../../inspect/update_terms.js';
import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { OptimizerPaths } from './pieces/optimizer_paths.js';
import { lastLossOf, optimizerOf, Ran, rateOf, stepsOf } from './run/ran.js';
import { at, Shown, There, Worked } from './said.js';

/** A line of a weight's step: 'change', 'm̂'. */
const lineOf =
  (weight: string, index: number, label: string) =>
  (inspection: Parameters<typeof explainUpdate>[0]): number | undefined =>
    explainUpdate(inspection, weight, index).steps.find(line => line.label === label)?.value;

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
            safe across is slow along. Adam divides each weight's step by the size of its own gradients. A weight of this network has the
            gradient <Shown by="update" of={at('layer0/kernel/gradient', 5)} /> now.
          </p>
          <OptimizerPaths />
        </>
      ),
      question: {
        asks: 'Raise the rate of descent until it runs away. Why does Adam not run away at the same rate?',
        answer:
          'A steep slope makes its divisor as large as its gradient: its step stays near the rate, however steep it is. It swings around the bottom instead.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/kernel', index: 5 },
    },
    {
      title: 'A weight and its memory',
      text: (
        <p>
          For each weight Adam keeps two numbers: <Shown by="update">m</Shown>, the mean of recent gradients, and{' '}
          <Shown by="update">v</Shown>, the mean of their squares. <There by="update">The step of this weight</There> shows how the present
          gradient changes both, and what follows: the weight changes by <Shown by="update" of={lineOf('layer0/kernel', 5, 'change')} />.
        </p>
      ),
      question: {
        asks: 'How many numbers are kept for this network in training, for each weight?',
        answer:
          'Three: the weight, m and v. With the gradient four. A network to be trained needs about four times the memory of one that only predicts.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer0/kernel', index: 5 },
      constants: ['two', 'Three', 'four'],
    },
    {
      title: 'The first steps',
      text: (
        <p>
          Both means begin at 0 and would be too small at first. <Shown by="update">m̂</Shown> and <Shown by="update">v̂</Shown> correct that:
          in the very first step they are the gradient and its square, so that every weight moves by about the rate itself, whatever its
          gradient. This would be step <Shown by="update" of={({ optimizer }) => `${optimizer.step}`} />. The gradients before it pulled
          this bias this way and that, so it changes by <Shown by="update" of={lineOf('layer7/bias', 0, 'change')} />, well below the rate
          of <Worked of={({ optimizer }) => optimizer.learningRate} />.
        </p>
      ),
      question: {
        asks: 'How large is a step of Adam at most, about?',
        answer: 'About the rate, when all recent gradients had the same sign and size: then m̂ is as large as the root of v̂.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'layer7/bias', index: 0 },
      constants: ['0'],
    },
    {
      title: 'In a run',
      text: (
        <>
          <p>
            These are <Shown by="run">the norms of the gradients</Shown> of each layer, trained by <Ran of={optimizerOf} /> at a rate of{' '}
            <Ran of={rateOf} />. After <Ran of={stepsOf} /> the validation loss is <Ran of={lastLossOf} />.
          </p>
          <p>
            Choose <Shown by="run">plain descent</Shown>. At the same rate it has hardly moved; find the rate at which it learns, and the
            one at which it no longer does.
          </p>
        </>
      ),
      question: {
        asks: 'Why is a good rate of Adam no good rate of plain descent?',
        answer:
          'A step of Adam is about the rate itself. One of plain descent is the rate times the gradient, which is smaller in some layers than in others: one rate must do for all of them.',
      },
      view: 'lessons',
      stage: 'optimizer',
    },
  ],
};
