import type { Node } from '../../engine/graph.js';
import type { Attrs } from '../../engine/op.js';
import { GpuExecutable } from '../../gpu/executable.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { specialize } from '../../gpu/shader.js';
import { type BoundVariant, type Dispatch, scratchFor } from '../../kernels/variant.js';
import { ArraySource } from '../../nn/arrays.js';
import type { Prepared } from '../../nn/plans.js';
import type { ShaderInfo } from '../protocol.js';
import { HttpError } from './guard.js';
import type { SessionParts } from './session_parts.js';

type VariantInfo = ShaderInfo['variants'][number];

/** Every node of the plan in use, with the WGSL of each way to compute it: of training where the model is trained here, else of a prediction. */
export async function shaderInfos(parts: SessionParts): Promise<ShaderInfo[]> {
  const { executor, findings } = parts;
  const { executable } = await planInUse(parts);
  if (!(executor instanceof GpuExecutor && executable instanceof GpuExecutable)) {
    throw new HttpError(409, 'the CPU reference computes here: it runs no shaders');
  }
  const nodes = [...new Set(executable.steps.map(({ node }) => node))];
  return Promise.all(
    nodes.map(async node => {
      const variants = executor.kernelsOf(node).filter(variant => variant.supports(executor.traits));
      const ms = await findings?.(node);
      return {
        op: node.op,
        scope: node.scope,
        attrs: numbersOf(node.attrs),
        flops: node.cost.flops,
        variant: executable.steps.find(step => step.node === node)!.variant,
        variants: await Promise.all(variants.map(variant => variantInfo(variant, node, executor, ms?.[variant.name]))),
      };
    }),
  );
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
  return { shader, source: specialize(await gpu.kernels.shader(shader), constants ?? {}), workgroups };
}

/** The attrs that no run changes. */
function numbersOf(attrs: Attrs): Record<string, number> {
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
