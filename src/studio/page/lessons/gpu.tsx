import type { Lesson } from '../lesson.js';
import { chosenNode } from '../state/shaders.js';
import { FACE } from './face.js';
import { BytesRead, WorkgroupGrid } from './pieces/workgroup_grid.js';
import { convolutionsOf, Ran } from './run/ran.js';
import { Shown, There } from './said.js';

/** What the ladder says of times, which depends on whether this adapter was tuned. */
function LadderTimes() {
  const isTimed = chosenNode.value?.variants.some(({ ms }) => ms !== undefined) ?? false;
  if (isTimed) return <>Each stands with the time that it took on this adapter; the fastest that was right is used.</>;
  return (
    <>
      On this adapter they were <Shown by="ladder">not timed</Shown>, so the one that does well on most of its kind is used. A run that
      tunes times each, checks it against the plainest and takes the fastest that was right.
    </>
  );
}

export const gpu: Lesson = {
  id: 'gpu',
  title: 'How a GPU runs it',
  summary: 'The same small program, started once for each output number: invocations, workgroups, memory.',
  steps: [
    {
      title: 'One program, many invocations',
      text: (
        <p>
          A shader is a small program. The plainest kind computes one output number and is started once for each: every start is an{' '}
          <There by="invocation">invocation</There>, which knows its own number and nothing else. Here is <There by="source">the one</There>{' '}
          that took the largest of a pooling window: its <Shown by="invocation">global_invocation_id</Shown> is the number of the output
          that it computes.
        </p>
      ),
      question: {
        asks: 'In which order do the invocations run?',
        answer:
          'In none that one may count on. Each must be right whatever the others have done yet, which is why none reads what another of the same dispatch writes.',
      },
      view: 'shader',
      params: { picture: FACE, tensor: 'layer0/output', index: 1649, variant: 'naive' },
    },
    {
      title: 'Workgroups',
      text: (
        <>
          <p>
            Invocations are started in workgroups of a size that stands in <There by="source">the shader</There>. Those of one group run
            together and can share memory.
          </p>
          <WorkgroupGrid />
        </>
      ),
      question: {
        asks: 'Why not one workgroup for all?',
        answer:
          'A group runs on one of the units of a GPU, which has many: with one group the others would stand idle. And its size has a limit.',
      },
      view: 'shader',
      params: { picture: FACE, tensor: 'layer0/output', index: 1649, variant: 'naive' },
    },
    {
      title: 'Memory is the price',
      text: (
        <>
          <p>
            A GPU multiplies far faster than it reads. Neighbouring windows need nearly the same pixels, so the faster shaders, such as{' '}
            <Shown by="ladder">tiled</Shown>, let a workgroup read a tile once and share it:
          </p>
          <BytesRead />
        </>
      ),
      question: {
        asks: 'Why is the tile not made as large as the picture?',
        answer: 'The memory that a workgroup shares is small, and larger groups leave fewer to run at the same time.',
      },
      view: 'shader',
      params: { picture: FACE, op: 'conv2d_pool_forward', variant: 'tiled' },
    },
    {
      title: 'The ladder',
      text: (
        <p>
          For most operations there are several shaders, on <There by="ladder">a ladder</There> from <Shown by="ladder">naive</Shown>, the
          plainest, to the fastest. The one <Shown by="ladder">in use</Shown> is marked. <LadderTimes />
        </p>
      ),
      question: {
        asks: 'Choose another on the ladder and read it. Why is the fastest not the same on every adapter?',
        answer:
          'Adapters differ in the size of their groups, in the memory that a group shares, and in how well their drivers keep arrays in registers.',
      },
      view: 'shader',
      params: { picture: FACE, op: 'dense_forward' },
    },
    {
      title: 'Where the time goes',
      text: (
        <p>
          Here a training step is timed op by op, on the processor: the CPU reference computes what the shaders do. Convolutions take{' '}
          <Ran of={convolutionsOf} /> of it, as they have most of <Shown by="run">the operations</Shown>. While a run trains on a GPU, the
          training view lists the same by the device's own clock.
        </p>
      ),
      question: {
        asks: 'Which op takes more of the time than its operations say?',
        answer:
          'A small one, such as softmax: to start an op takes time, whatever it computes. On a GPU, ops that move more numbers than they compute wait for memory, too: all but convolutions and large dense layers.',
      },
      view: 'lessons',
      stage: 'times',
    },
  ],
};
