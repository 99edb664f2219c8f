import type { Node } from '../../engine/graph.js';
import type { Attrs, TensorSpec } from '../../engine/op.js';
import type { DeviceTraits } from '../../gpu/adapter.js';
import { GpuExecutable } from '../../gpu/executable.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { parseShader, type ShaderSource, specialize } from '../../gpu/shader.js';
import { untuned } from '../../gpu/tune.js';
import { kernelsOf } from '../../kernels/index.js';
import { type AdapterTraits, type BoundVariant, type Dispatch, scratchFor } from '../../kernels/variant.js';
import { ArraySource } from '../../nn/arrays.js';
import { computedTensors } from '../../nn/computed.js';
import type { Prepared } from '../../nn/plans.js';
import { namedVariables } from '../../nn/trace.js';
import type { ShaderInfo, ShadersInfo } from '../protocol.js';
import type { SessionParts } from './session_parts.js';

type VariantInfo = ShaderInfo['variants'][number];

/** What most GPUs of today have, for what they would run where there is none. */
const USUAL_GPU: Adapter = { subgroupSize: 32, pinnedSubgroupSize: 0, maxInvocations: 1024, maxBindingBytes: 2 ** 31, kind: 'GPUs' };

type Adapter = AdapterTraits & Pick<DeviceTraits, 'pinnedSubgroupSize'>;

/** What a node's dispatches are made with. */
interface Making {
  readonly node: Node;
  readonly adapter: Adapter;
  readonly shaders: ShaderSource;
}

/**
 * Every node of the plan in use, with the WGSL of each way to compute it: of training where the model is trained here, else of a prediction. Of the CPU
 * reference, which runs no shaders, those that a GPU would run.
 */
export async function shadersInfo(parts: SessionParts): Promise<ShadersInfo> {
  const { executor, findings, model, shaders: source } = parts;
  const { executable, trace, plan } = await planInUse(parts);
  const steps = executable instanceof GpuExecutable ? executable.steps : undefined;
  const adapter: Adapter = executor instanceof GpuExecutor ? executor.traits : USUAL_GPU;
  const nodes = steps ? [...new Set(steps.map(({ node }) => node))] : plan.nodes;
  const shaders = await Promise.all(
    nodes.map(async (node): Promise<ShaderInfo> => {
      const variants = kernelsOf(node).filter(variant => variant.supports(adapter));
      const ms = await findings(node);
      const making = { node, adapter, shaders: source };
      return {
        op: node.op,
        scope: node.scope,
        attrs: numbersOf(node.attrs),
        inputs: specsOf(node.inputs),
        outputs: specsOf(node.outputs),
        updates: specsOf(node.updates),
        flops: node.cost.flops,
        variant: steps?.find(step => step.node === node)?.variant ?? untuned(variants, adapter.kind).name,
        variants: await Promise.all(variants.map(variant => variantInfo(variant, making, ms?.[variant.name]))),
      };
    }),
  );
  const tensors = Object.fromEntries(
    [...computedTensors(trace, plan, namedVariables(model, model.compiled))].map(([name, found]) => [
      name,
      'why' in found ? found : { ...found, node: nodes.indexOf(found.node) },
    ]),
  );
  const { subgroupSize, maxInvocations, maxBindingBytes, kind } = adapter;
  return { isRun: steps !== undefined, adapter: { subgroupSize, maxInvocations, maxBindingBytes, kind }, shaders, tensors };
}

async function planInUse({ model, sets, live }: SessionParts): Promise<Prepared> {
  const { plans } = model.compiled;
  if (live && sets.train) return plans.get('train', sets.train.images);
  const x = new Float32Array(model.inputShape.reduce((size, length) => size * length, 1));
  return plans.get('predict', new ArraySource(x, model.inputShape, undefined, { shuffle: false }));
}

async function variantInfo(variant: BoundVariant, making: Making, ms: number | undefined): Promise<VariantInfo> {
  const dispatches = variant.dispatches(scratchFor(making.node), making.adapter);
  return { name: variant.name, ms, dispatches: await Promise.all(dispatches.map(dispatch => dispatchInfo(dispatch, making))) };
}

async function dispatchInfo(
  { shader, constants, workgroups }: Dispatch,
  { adapter, shaders }: Making,
): Promise<VariantInfo['dispatches'][number]> {
  const parsed = parseShader(shader, await shaders(shader));
  return { shader, source: specialize(parsed, constants ?? {}, adapter.pinnedSubgroupSize), workgroups };
}

const specsOf = (tensors: Readonly<Record<string, TensorSpec>>): Record<string, TensorSpec> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, dtype = 'float32' }]) => [name, { shape, dtype }]));

/** The attrs that no run changes. */
function numbersOf(attrs: Attrs): Record<string, number> {
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
