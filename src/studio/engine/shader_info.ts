import type { Node } from '../../engine/graph.js';
import type { Attrs, TensorSpec } from '../../engine/op.js';
import { GpuExecutable } from '../../gpu/executable.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { specialize } from '../../gpu/shader.js';
import { type BoundVariant, type Dispatch, scratchFor } from '../../kernels/variant.js';
import { ArraySource } from '../../nn/arrays.js';
import { computedTensors } from '../../nn/computed.js';
import type { Prepared } from '../../nn/plans.js';
import { namedVariables } from '../../nn/trace.js';
import type { ShaderInfo, ShadersInfo } from '../protocol.js';
import { HttpError } from './http_error.js';
import type { SessionParts } from './session_parts.js';

type VariantInfo = ShaderInfo['variants'][number];

/** Every node of the plan in use, with the WGSL of each way to compute it: of training where the model is trained here, else of a prediction. */
export async function shadersInfo(parts: SessionParts): Promise<ShadersInfo> {
  const { executor, findings, model } = parts;
  const { executable, trace, plan } = await planInUse(parts);
  if (!(executor instanceof GpuExecutor && executable instanceof GpuExecutable)) {
    throw new HttpError(409, 'the CPU reference computes here: it runs no shaders');
  }
  const nodes = [...new Set(executable.steps.map(({ node }) => node))];
  const shaders = await Promise.all(
    nodes.map(async (node): Promise<ShaderInfo> => {
      const variants = executor.kernelsOf(node).filter(variant => variant.supports(executor.traits));
      const ms = await findings(node);
      return {
        op: node.op,
        scope: node.scope,
        attrs: numbersOf(node.attrs),
        inputs: specsOf(node.inputs),
        outputs: specsOf(node.outputs),
        updates: specsOf(node.updates),
        flops: node.cost.flops,
        variant: executable.steps.find(step => step.node === node)!.variant,
        variants: await Promise.all(variants.map(variant => variantInfo(variant, node, executor, ms?.[variant.name]))),
      };
    }),
  );
  const tensors = Object.fromEntries(
    [...computedTensors(trace, plan, namedVariables(model, model.compiled))].map(([name, found]) => [
      name,
      'why' in found ? found : { ...found, node: nodes.indexOf(found.node) },
    ]),
  );
  const { subgroupSize, maxInvocations, maxBindingBytes, kind } = executor.traits;
  return { adapter: { subgroupSize, maxInvocations, maxBindingBytes, kind }, shaders, tensors };
}

async function planInUse({ model, sets, live }: SessionParts): Promise<Prepared> {
  const { plans } = model.compiled;
  if (live && sets.train) return plans.get('train', sets.train.images);
  const x = new Float32Array(model.inputShape.reduce((size, length) => size * length, 1));
  return plans.get('predict', new ArraySource(x, model.inputShape, undefined, { shuffle: false }));
}

async function variantInfo(variant: BoundVariant, node: Node, gpu: GpuExecutor, ms: number | undefined): Promise<VariantInfo> {
  const dispatches = variant.dispatches(scratchFor(node), gpu.traits);
  return { name: variant.name, ms, dispatches: await Promise.all(dispatches.map(dispatch => dispatchInfo(dispatch, gpu))) };
}

async function dispatchInfo({ shader, constants, workgroups }: Dispatch, gpu: GpuExecutor): Promise<VariantInfo['dispatches'][number]> {
  return { shader, source: specialize(await gpu.kernels.shader(shader), constants ?? {}, gpu.traits.pinnedSubgroupSize), workgroups };
}

const specsOf = (tensors: Readonly<Record<string, TensorSpec>>): Record<string, TensorSpec> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, dtype = 'float32' }]) => [name, { shape, dtype }]));

/** The attrs that no run changes. */
function numbersOf(attrs: Attrs): Record<string, number> {
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
