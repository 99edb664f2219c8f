import { afterAll, beforeAll, expect, test } from 'vitest';
import { cases } from '../src/check/cases.js';
import { trace } from '../src/check/run.js';
import type { Node } from '../src/engine/graph.js';
import { sizeOf } from '../src/engine/shape.js';
import { emptyArray, type NumberArray, type Tensor } from '../src/engine/tensor.js';
import { chooseNaive, type GpuExecutor } from '../src/gpu/executor.js';
import { parseShader } from '../src/gpu/shader.js';
import type { Place } from '../src/kernels/launch.js';
import { type BoundVariant, type Dispatch, scratchFor } from '../src/kernels/variant.js';
import { openAdapter } from '../src/node/adapter.js';
import { shaderFiles, shaderNames } from '../src/node/shaders.js';

/** Four bytes that no kernel writes by chance. */
const UNTOUCHED = 0xa5a5a5a5;

/** Every shader is compiled here, some for several sizes, which takes a cold driver a while. */
const COMPILING_MS = 600_000;

/** A shader in which only the invocations of one lane, the constant ONLY_LANE, store what they computed. */
async function guarded(name: string): Promise<string> {
  const text = (await shaderFiles(name)).replaceAll(/\/\/.*/g, '');
  const lane = /local_invocation_index\) (\w+)/.exec(text)?.[1] ?? /subgroup_invocation_id\) (\w+)/.exec(text)?.[1];
  const own = lane ?? (text.includes('global_invocation_id) id') ? 'id.x % WORKGROUP_SIZE' : '0u');
  const written = parseShader(name, text).bindings.filter(({ access }) => access === 'read_write');
  const stores = new RegExp(`\\b((?:${written.map(binding => binding.name).join('|')})\\[[^;]*\\] [-+]?= [^;]*;)`, 'g');
  return text
    .replace(stores, '{ if (own_lane == ONLY_LANE) { $1 } }')
    .replace(/\nfn main\([^{]*\{/, main => `${main} own_lane = ${own};`)
    .replace('\nstruct Params', '\nconst ONLY_LANE: u32 = 0u;\nvar<private> own_lane: u32;\nstruct Params');
}

let gpu: GpuExecutor;
beforeAll(async () => {
  gpu = (await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: chooseNaive, shaders: guarded, guardBytes: 16 })).executor;
});
afterAll(() => gpu.close());

/** Numbers that leave no sum at zero and no choice to chance. */
const madeUp = ({ dtype, shape }: Tensor): NumberArray =>
  emptyArray(dtype, sizeOf(shape)).map((_, i) => (dtype === 'uint32' ? 0 : 1 + (i % 7)));

/** What a dispatch writes: of each tensor, which elements. What dispatches before would have left for it is zero, and decides nothing. */
async function written(node: Node, variant: BoundVariant, dispatch: Dispatch): Promise<Map<string, boolean[]>> {
  const { bindings, writers } = dispatch;
  const inputs = Object.values(node.inputs).map(tensor => tensor.root);
  const variables = Object.values(node.updates).map(tensor => tensor.variable!);
  for (const variable of variables) gpu.allocate(variable);
  const targets = Object.keys(writers).map(name => [name, bindings[name]!.root] as const);
  const outputs = targets.flatMap(([, tensor]) => (tensor.variable ? [] : [tensor]));
  const executable = await gpu.prepare({ nodes: [node], inputs, outputs }, () => ({ ...variant, dispatches: () => [dispatch] }));
  for (const tensor of inputs) executable.write(tensor, madeUp(tensor));
  for (const [, tensor] of targets) {
    const blank = new Float32Array(new Uint32Array(sizeOf(tensor.shape)).fill(UNTOUCHED).buffer);
    if (tensor.variable) gpu.write(tensor.variable, blank);
    else executable.write(tensor, blank);
  }
  const scalars = Object.values(node.attrs).filter(value => typeof value !== 'number');
  executable.run(Object.fromEntries(scalars.map(({ scalar }) => [scalar, 1])));
  const found = new Map<string, boolean[]>();
  for (const [name, tensor] of targets) {
    const { buffer, byteOffset, length } = tensor.variable ? await gpu.read(tensor.variable) : await executable.read(tensor);
    found.set(
      name,
      Array.from(new Uint32Array(buffer, byteOffset, length), word => word !== UNTOUCHED),
    );
  }
  executable.release();
  for (const variable of variables) gpu.free(variable);
  return found;
}

/** Each way to end a dispatch early, and whether a place is left. */
function cuts({
  workgroups,
}: Dispatch): { readonly axis: string; readonly ended: Dispatch['workgroups']; readonly isLeft: (place: Place) => boolean }[] {
  return ['x', 'y', 'z'].flatMap((axis, i) => {
    const count = workgroups[i]!;
    if (count === 1) return [];
    const end = Math.ceil(count / 2);
    const ended = workgroups.map((all, j) => (i === j ? end : all)) as unknown as Dispatch['workgroups'];
    return [{ axis, ended, isLeft: ({ group }: Place) => group[i]! < end }];
  });
}

test(
  'the invocation that is said to write an element does: without its workgroup or its lane nobody writes it',
  async () => {
    const held = new Set<string>();
    for (const planned of cases.flatMap(of => trace(of).plan.nodes)) {
      const node = planned.isolated();
      for (const variant of gpu.kernelsOf(node).filter(each => each.supports(gpu.traits))) {
        const dispatches = variant.dispatches(scratchFor(node), gpu.traits);
        for (const dispatch of dispatches) {
          const { shader, bindings, writers } = dispatch;
          const ways = cuts(dispatch).filter(({ axis }) => !held.has(`${shader} ${axis}`));
          if (ways.length === 0 && held.has(`${shader} lane`)) continue;
          const label = `${node.op}.${variant.name}: ${shader}`;
          const { bindings: declared } = await gpu.kernels.shader(shader);
          const readWrite = declared.filter(({ access }) => access === 'read_write').map(({ name }) => name);
          // Faults of an update are noted by any invocation that finds one.
          const changed = readWrite.filter(name => name in writers || name !== 'faults');
          expect(Object.keys(writers).sort(), label).toEqual(changed.sort());
          const [first] = changed;
          const { lane } = writers[first!]!(Math.floor(sizeOf(bindings[first!]!.shape) / 2));
          const byLane = { ...dispatch, constants: { ...dispatch.constants, ONLY_LANE: lane } };
          const whole = await written(node, variant, byLane);
          const compare = (found: ReadonlyMap<string, readonly boolean[]>, isExpected: (place: Place) => boolean, by: string): void => {
            for (const name of changed) {
              // Of a history and of faults one row is written, the others are those of other steps.
              const isOwn = (i: number): boolean => !['record', 'note'].includes(node.op) || whole.get(name)![i]!;
              const wrong = found.get(name)!.findIndex((isWritten, i) => isOwn(i) && isWritten !== isExpected(writers[name]!(i)));
              const place = JSON.stringify(writers[name]!(Math.max(0, wrong)));
              expect(wrong, `${label}, ${name} [${bindings[name]!.shape}], by ${by}: ${place}`).toBe(-1);
            }
          };
          compare(whole, place => place.lane === lane, 'lane');
          held.add(`${shader} lane`);
          for (const { axis, ended, isLeft } of ways) {
            compare(await written(node, variant, { ...byLane, workgroups: ended }), place => place.lane === lane && isLeft(place), axis);
            held.add(`${shader} ${axis}`);
          }
        }
      }
    }
    const files = await shaderNames();
    const missed = files.filter(name => !held.has(`${name} lane`));
    if (gpu.traits.subgroupSize >= 4) expect(missed, 'shaders that no kernel of the cases runs').toEqual([]);
  },
  COMPILING_MS,
);
