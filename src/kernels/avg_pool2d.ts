import { sizeOf, type Window2d } from '../engine/shape.js';
import { avgPool2dBackward, avgPool2dForward } from '../ops/avg_pool2d.js';
import { workgroupEach } from './launch.js';
import { elementwise, kernels, type Variant } from './variant.js';

/** Places of a window that are worth a workgroup. */
const MANY_PLACES = 64;

const forwardWorkgroups: Variant<'input' | 'output', Window2d> = {
  name: 'workgroups',
  madeFor: 'GPUs',
  rank: 1,
  does: 'a workgroup sums up a large window together',
  supports: a => a.kernelHeight * a.kernelWidth >= MANY_PLACES,
  dispatches: (a, bindings) => [
    {
      shader: 'avg_pool2d_forward.workgroups',
      bindings,
      params: a,
      ...workgroupEach(sizeOf(bindings.output.shape), { output: element => element }),
    },
  ],
};

export const avgPool2d = [
  kernels(avgPool2dForward, elementwise('avg_pool2d_forward.naive', 'output'), forwardWorkgroups),
  kernels(avgPool2dBackward, elementwise('avg_pool2d_backward', 'dInput')),
];
