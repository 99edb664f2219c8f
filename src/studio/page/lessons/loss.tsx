import type { Inspection } from '../../../inspect/types.js';
import { percent } from '../draw/format.js';
import type { Lesson } from '../lesson.js';
import { inspected } from '../state/inspection.js';
import { FACE } from './face.js';
import { LossSurface } from './pieces/loss_surface.js';
import { firstLossOf, lastLossOf, lossOf, Ran, stepsOf } from './run/ran.js';
import { at, Shown, Worked } from './said.js';

/** Whether the network's loss asks of each output by itself. */
const isBinary = ({ loss }: Inspection): boolean => loss.name.startsWith('binary');

/** What the loss' gradient of a logit is, which depends on the loss. */
function LogitGradient() {
  const inspection = inspected.value?.inspection;
  if (inspection && !isBinary(inspection)) return <>the class' probability minus its label: 1 for the true class, 0 for the others</>;
  return (
    <>
      <Shown by="terms">sigmoid(z)</Shown> minus the label, divided by the number of outputs, since the binary loss is a mean over them
    </>
  );
}

/** How the loss comes from what the network gives, which its value does not tell. */
function HowLoss() {
  const inspection = inspected.value?.inspection;
  if (inspection && !isBinary(inspection)) return <>It is −log of that probability.</>;
  return (
    <>
      It asks of each class by itself whether its logit has the right sign, and takes the <Shown by="formula">mean</Shown>.
    </>
  );
}

export const loss: Lesson = {
  id: 'loss',
  title: 'Softmax and the loss as surfaces',
  summary: 'Two numbers become two probabilities, and the loss says which way both should move.',
  steps: [
    {
      title: 'From logits to probabilities',
      text: (
        <p>
          The last layer gives a number for each class, the logits. Softmax makes them probabilities,{' '}
          <Shown by="formula">exp(input[u])</Shown> over the sum of all: <Shown by="sum" of={at('probabilities', 0)} /> here. Only the
          difference of the logits counts.
        </p>
      ),
      question: {
        asks: 'What happens to the probabilities if 5 is added to every logit?',
        answer:
          'Nothing: every exponential grows by the same factor, above and below the fraction line. That is why the largest logit may be taken away first.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'probabilities', index: 0 },
      constants: ['5'],
    },
    {
      title: 'The price of being wrong',
      text: (
        <p>
          The loss is low where the true class has a high probability, and grows without end where the network is sure of the wrong one.
          This picture's is <Shown by="sum" of={at('loss', 0)} />, as the true class has{' '}
          <Shown by="picture" of={({ tensors }) => percent(tensors.probabilities!.data[0]!)} />. <HowLoss />
        </p>
      ),
      question: {
        asks: 'Choose the other label below the picture. How large is the loss then?',
        answer:
          'Several hundred times as large: the network is sure, and now it is told that it is wrong. A sure mistake costs far more than an unsure one.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'loss', index: 0 },
      constants: ['hundred'],
    },
    {
      title: 'A surface',
      text: (
        <>
          <p>
            The loss over both logits. It begins near those of the picture, <Shown by="sum" of={at('logits', 0)} /> and{' '}
            <Worked of={at('logits', 1)} />; click the surface to go elsewhere.
          </p>
          <LossSurface />
        </>
      ),
      question: {
        asks: 'Where on the surface is the arrow longest, and where does it vanish?',
        answer:
          'It is longest where the network is sure of the wrong class, and vanishes where it is sure of the right one: there is nothing left to learn from this picture.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'logits', index: 0 },
    },
    {
      title: 'Two losses, two slopes',
      text: (
        <>
          <p>
            Change the loss here. The categorical one looks at the difference of the logits alone: its valleys run straight. The binary one
            asks of each logit by itself whether it has the right sign, as Keras does with two outputs. The second logit of this picture is{' '}
            <Shown by="sum" of={at('logits', 1)} />.
          </p>
          <LossSurface />
        </>
      ),
      question: {
        asks: 'Set both logits to 3. Which of the losses is content if the true class is 0?',
        answer:
          'Neither, but for other reasons. The categorical one sees no difference, as with two logits of 0. The binary one is content with the first and pushes the second down alone.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'logits', index: 1 },
      constants: ['two', '3', '0'],
    },
    {
      title: 'Where learning begins',
      text: (
        <p>
          This is the loss' gradient of a logit, <Shown by="sum" of={at('logits/gradient', 0)} />. It is <LogitGradient />. All other
          gradients are this one, sent further back.
        </p>
      ),
      question: {
        asks: 'Why is it below 0 for the true class?',
        answer: 'The loss falls when this logit grows. A step goes against the gradient, so the logit is raised.',
      },
      view: 'number',
      params: { picture: FACE, tensor: 'logits/gradient', index: 0 },
      constants: ['0', '1'],
    },
    {
      title: 'At work',
      text: (
        <p>
          A network begins by guessing: its first loss, <Ran of={firstLossOf} />, is near ln 2 = 0.6931, which an even guess between two
          classes costs. After <Ran of={stepsOf} /> with the <Ran of={lossOf} /> loss it is <Ran of={lastLossOf} /> on the validation faces.
          Choose the other loss.
        </p>
      ),
      question: {
        asks: 'Which of the two losses learns better here?',
        answer:
          'They end about alike. The categorical gradient of a logit is up to twice as large, as the binary loss is a mean over both outputs, and Adam makes up for such a factor.',
      },
      view: 'lessons',
      stage: 'loss',
      constants: ['ln 2', '0.6931', 'two', 'twice'],
    },
  ],
};
