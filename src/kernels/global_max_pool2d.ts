import { sizeOf } from '../engine/shape.js';
import { globalMaxPool2dBackward, globalMaxPool2dForward } from '../ops/global_max_pool2d.js';
import { workgroupEach } from './launch.js';
import { elementwise, kernels } from './variant.js';

export const globalMaxPool2d = [
  kernels(globalMaxPool2dForward, elementwise('global_max_pool2d_forward.naive', 'output', 'count'), {
    name: 'workgroups',
    madeFor: 'GPUs',
    rank: 1,
    does: 'a workgroup looks at a channel together',
    dispatches: (a, { input, output, count }) => [
      {
        shader: 'global_max_pool2d_forward.workgroups',
        bindings: { input, output, count },
        params: a,
        ...workgroupEach(sizeOf(output.shape), { output: element => element, count: element => element }),
      },
    ],
  }),
  kernels(globalMaxPool2dBackward, elementwise('global_max_pool2d_backward', 'dInput')),
];
