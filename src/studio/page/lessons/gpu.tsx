import type { Lesson } from '../lesson.js';
import { FACE } from './face.js';
import { BytesRead, WorkgroupGrid } from './pieces/workgroup_grid.js';

export const gpu: Lesson = {
  id: 'gpu',
  title: 'How a GPU runs it',
  summary: 'The same small program, started once for each output number: invocations, workgroups, memory.',
  steps: [
    {
      title: 'One program, many invocations',
      text: (
        <p>
          A shader is a small program. The plainest kind computes one output number and is started once for each: every start is an
          invocation, which knows its own number and nothing else. Here is the one that computed a number of the first layer, with its ids
          filled in.
        </p>
      ),
      view: 'shader',
      params: { picture: FACE, tensor: 'layer0/output', index: 1649 },
    },
    {
      title: 'Workgroups',
      text: (
        <>
          <p>
            Invocations are started in workgroups of a size that stands in the shader. Those of one group run together and can share memory.
          </p>
          <WorkgroupGrid />
        </>
      ),
      view: 'shader',
      params: { tensor: 'layer0/output', index: 1649 },
    },
    {
      title: 'Memory is the price',
      text: (
        <>
          <p>
            A GPU multiplies far faster than it reads. Neighbouring windows need nearly the same pixels, so the faster shaders let a
            workgroup read a tile once and share it:
          </p>
          <BytesRead />
        </>
      ),
      view: 'shader',
      params: { op: 'conv2d_pool_forward' },
    },
    {
      title: 'The ladder',
      text: (
        <p>
          For most operations there are several shaders, from the plainest to the fastest. Each was timed on this adapter and checked
          against the plainest; the fastest that was right is used. Choose another on the ladder and read it.
        </p>
      ),
      view: 'shader',
      params: { op: 'dense_forward' },
    },
    {
      title: 'Where the time goes',
      text: (
        <p>
          The training view lists what each kernel takes in a step, by the device's own clock. Convolutions take most of it: they have most
          of the products.
        </p>
      ),
      view: 'train',
    },
  ],
};
