import type { Node } from '../engine/graph.js';
import type { Attrs, Op, TensorSpec } from '../engine/op.js';
import { sizeOf } from '../engine/shape.js';
import { byteLength, Tensor } from '../engine/tensor.js';
import { eachElement, type Launch, MAX_WORKGROUPS } from './launch.js';

/** What decides on an adapter which kernels it can run, and how they cut their work. */
export interface AdapterTraits {
  /** Invocations in each subgroup of a kernel that uses subgroups; 0 where it can't be known, or there are none. */
  readonly subgroupSize: number;
  readonly maxInvocations: number;
  readonly maxBindingBytes: number;
  readonly kind: AdapterKind;
}

/**
 * What costs most on an adapter. Of software adapters, lavapipe has neither memory to wait for nor workgroup memory of its own, and SwiftShader keeps in
 * registers what has a name and nothing that has an index.
 */
export type AdapterKind = 'GPUs' | 'drivers whose loads cost most' | 'drivers that keep arrays in memory';

/** One shader run: the file shaders/<shader>.wgsl with its bindings, Params and constants set by name. */
export interface Dispatch extends Launch {
  readonly shader: string;
  /** By the variable names in the shader. */
  readonly bindings: Readonly<Record<string, Tensor>>;
  /** Fields of the shader's Params: exactly those. */
  readonly params?: Attrs;
  /** Values for `const NAME = …;` lines of the shader. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Whether it does no more than make scratch tensors, which nothing changes afterwards, of the node's inputs: nodes that prepare the same share them. */
  readonly prepares?: true;
  /** Where it does no more than add up numbers that an earlier dispatch left in parts [parts, …]: for each binding that it writes, the one that has them. */
  readonly addsUp?: Readonly<Record<string, string>>;
}

/** Makes a tensor that lives only between the dispatches of one node. */
export type Scratch = (name: string, spec: TensorSpec) => Tensor;

/** The adapters that a variant is written for. It may run on others too, and the tuner tries it there. */
export type MadeFor = 'any adapter' | AdapterKind;

/** One way to compute an op on a GPU. */
export interface Variant<T extends string = string, A extends Attrs = Attrs> {
  readonly name: string;
  readonly madeFor: MadeFor;
  /**
   * Untuned, the highest that is supported is taken, of those that are made for the adapter's kind if there are any. The naive one has 0: it supports everything and
   * judges the others.
   */
  readonly rank: number;
  /** What it does that the one a rank below does not, in a few words. */
  readonly does: string;
  /** What it makes of the roundings of its transforms, where it has any: so many times as large in its results, in the mean. */
  readonly amplification?: number;
  supports?(attrs: A, adapter: AdapterTraits): boolean;
  /** Whether most of what it computes at these sizes is thrown away: untuned, it is then taken only where there is no other. Default false. */
  wastes?(attrs: A): boolean;
  dispatches(attrs: A, tensors: Readonly<Record<T, Tensor>>, scratch: Scratch, adapter: AdapterTraits): readonly Dispatch[];
}

/** The ways to compute an op. */
export interface OpKernels {
  readonly op: string;
  /** By rank. */
  readonly variants: readonly Variant[];
}

/** All ways to compute an op: the naive one, and those that are faster somewhere. */
export function kernels<I extends string, O extends string, U extends string, A extends Attrs>(
  { name }: Op<I, O, U, A>,
  ...variants: readonly Variant<NoInfer<I | O | U>, A>[]
): OpKernels {
  const ranks = variants.map(({ rank }) => rank);
  if (!ranks.includes(0) || new Set(ranks).size < ranks.length) {
    throw new Error(`${name}: its kernels have the ranks ${ranks.join(', ')}; wanted one with 0, and no rank twice`);
  }
  return { op: name, variants: [...variants].sort((a, b) => a.rank - b.rank) as readonly Variant[] };
}

/** The variant that says what is meant: one dispatch that binds all the op's tensors by name and passes all attrs as Params. */
export function naive<T extends string, A extends Attrs>(
  shader: string,
  launch: (attrs: A, tensors: Readonly<Record<T, Tensor>>) => Launch,
): Variant<T, A> {
  return {
    name: 'naive',
    madeFor: 'any adapter',
    rank: 0,
    does: 'the formula as it stands',
    dispatches: (attrs, tensors) => [{ shader, bindings: tensors, params: attrs, ...launch(attrs, tensors) }],
  };
}

/** A naive variant with one invocation an element of what it writes: tensors of one size. */
export function elementwise<T extends string>(shader: string, first: T, ...others: readonly T[]): Variant<T, Attrs> {
  return naive(shader, (_, tensors) => eachElement(sizeOf(tensors[first].shape), first, ...others));
}

/** A variant with its node's attrs and tensors filled in. */
export interface BoundVariant extends Omit<Variant, 'supports' | 'wastes' | 'dispatches'> {
  /** Whether the adapter has what it needs and can bind its tensors. */
  supports(adapter: AdapterTraits): boolean;
  readonly wastes: boolean;
  dispatches(scratch: Scratch, adapter: AdapterTraits): readonly Dispatch[];
}

/** What decides how a node is computed. */
type Applied = Pick<Node, 'op' | 'scope' | 'inputs' | 'outputs' | 'updates' | 'attrs'>;

/** The ways to compute a node, by rank: the naive one first. */
export type KernelsOf = (node: Applied) => readonly BoundVariant[];

/** Makes the scratch tensors of a node. */
export function scratchFor({ op, scope, inputs, outputs, updates }: Applied): Scratch {
  const { graph } = Object.values({ ...inputs, ...outputs, ...updates })[0]!;
  return (name, { shape, dtype = 'float32' }) => new Tensor(graph, `${scope}.${op}.${name}`, shape, dtype);
}

/** Whether an adapter can bind all that dispatches bind and start as many workgroups. */
function withinLimits(dispatches: readonly Dispatch[], { maxBindingBytes }: AdapterTraits): boolean {
  return dispatches.every(
    ({ bindings, workgroups }) =>
      Object.values(bindings).every(tensor => byteLength(tensor) <= maxBindingBytes) && workgroups.every(count => count <= MAX_WORKGROUPS),
  );
}

/** The tensors that a dispatch only adds up parts to, each with its parts. */
export function sumsOf({ addsUp = {}, bindings }: Dispatch): readonly { readonly sum: Tensor; readonly parts: Tensor }[] {
  return Object.entries(addsUp).map(([sum, parts]) => ({ sum: bindings[sum]!, parts: bindings[parts]! }));
}

/** Dispatches without those that add up one part: it is the sum, and who computes it writes it to where the sum is wanted. */
function withoutSingleParts(dispatches: readonly Dispatch[]): readonly Dispatch[] {
  const isSingle = (dispatch: Dispatch): boolean => sumsOf(dispatch)[0]?.parts.shape[0] === 1;
  const sums = new Map(dispatches.filter(isSingle).flatMap(dispatch => sumsOf(dispatch).map(({ sum, parts }) => [parts, sum])));
  if (sums.size === 0) return dispatches;
  return dispatches
    .filter(dispatch => !isSingle(dispatch))
    .map(dispatch => {
      const { bindings, writers } = dispatch;
      const isPart = (name: string): boolean => sums.has(bindings[name]!);
      return {
        ...dispatch,
        bindings: Object.fromEntries(Object.entries(bindings).map(([name, tensor]) => [name, sums.get(tensor) ?? tensor])),
        // What is told of a part is not so of a sum.
        writers: Object.fromEntries(
          Object.entries(writers).map(([name, of]) => [name, isPart(name) ? element => ({ ...of(element), note: '' }) : of]),
        ),
      };
    });
}

/** Looks up the kernels of nodes by the names of their ops. */
export function registry(pages: readonly OpKernels[]): KernelsOf {
  const byOp = new Map(pages.map(({ op, variants }) => [op, variants]));
  return node => {
    const { attrs } = node;
    const tensors = { ...node.inputs, ...node.outputs, ...node.updates };
    const variants = byOp.get(node.op);
    if (!variants) throw new Error(`${node.op} has no kernels in kernels/`);
    return variants.map(variant => {
      const dispatches: BoundVariant['dispatches'] = (scratch, adapter) =>
        withoutSingleParts(variant.dispatches(attrs, tensors, scratch, adapter));
      return {
        ...variant,
        supports: adapter => (variant.supports?.(attrs, adapter) ?? true) && withinLimits(dispatches(scratchFor(node), adapter), adapter),
        wastes: variant.wastes?.(attrs) ?? false,
        dispatches,
      };
    });
  };
}
