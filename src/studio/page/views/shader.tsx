import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { globalId, type Place } from '../../../kernels/launch.js';
import type { AdapterTraits, Dispatch } from '../../../kernels/variant.js';
import { OPTIMIZERS } from '../../../nn/optimizers.js';
import { ROUTES, type ShaderInfo, type ShadersInfo } from '../../protocol.js';
import { Code } from '../components/code.js';
import { InvocationCard } from '../components/invocation_card.js';
import { Ladder } from '../components/ladder.js';
import { NoModel } from '../components/picture_panel.js';
import { big } from '../draw/format.js';
import { type ComputedNumber, computedBy } from '../shader/computed.js';
import { lineValues, type Names } from '../shader/evaluate.js';
import { computes, launch, placeOf } from '../shader/invocation.js';
import { requestJson } from '../state/api.js';
import { useInspection } from '../state/inspection.js';
import { model, run } from '../state/live.js';
import { choose, numberOf, params } from '../state/route.js';
import '../style/shader.css';

const plan = signal<ShadersInfo | undefined>(undefined);
const trouble = signal<string | undefined>(undefined);

async function load(): Promise<void> {
  trouble.value = undefined;
  try {
    plan.value = await requestJson<ShadersInfo>(ROUTES.shaders);
  } catch (error) {
    trouble.value = (error as Error).message;
  }
}

/** What the shader's builtins are for an invocation, by the names that the shaders give them. */
function namesOf(found: Place | undefined, { params = {}, workgroups }: Dispatch): Names {
  const numbers = Object.fromEntries(Object.entries(params).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  const member = ([x, y, z]: readonly number[]) => ({ x: x!, y: y!, z: z! });
  return {
    params: numbers,
    groups: member(workgroups),
    ...(found && { id: member(globalId(found)), group: member(found.group), lane: found.lane }),
  };
}

/** The WGSL that computes, beside the numbers of the invocation that computed the chosen one. */
export function ShaderView() {
  useInspection();
  const from = model.value?.from;
  const { state } = run.value ?? {};
  useEffect(() => {
    if (from && state !== 'loading') void load();
  }, [from, state === 'loading']);
  const all = plan.value?.shaders ?? [];
  const { tensor, op, scope } = params.value;
  const index = numberOf('index', 0);
  const info = plan.value;
  const found = useMemo(() => (info && tensor ? computedBy(info, tensor, index) : undefined), [info, tensor, index]);
  const computed = found && 'node' in found ? found : undefined;
  const named = all.find(node => node.op === op && (scope === undefined || node.scope === scope));
  const node = named ?? computed?.node ?? all[0];
  return (
    <>
      <h1>The shader beside the numbers</h1>
      {!model.value && <NoModel />}
      {trouble.value && (
        <p class="notice trouble" role="alert">
          {trouble.value}
        </p>
      )}
      {node && (
        <div class="columns">
          <NodeList all={all} chosen={node} />
          <NodeView node={node} adapter={plan.value!.adapter} computed={computed?.node === node ? computed : undefined} />
        </div>
      )}
      {found && 'why' in found && (
        <p class="notice">
          {tensor}[{index}]: {found.why}
        </p>
      )}
    </>
  );
}

/** All nodes of the training plan, in the order in which they run. */
function NodeList({ all, chosen }: { readonly all: readonly ShaderInfo[]; readonly chosen: ShaderInfo }) {
  return (
    <nav class="card nodes" aria-label="Kernels in their order">
      <h2>{all.some(({ op }) => Object.hasOwn(OPTIMIZERS, op)) ? 'A training step' : 'A prediction'}</h2>
      <ol>
        {all.map(node => (
          <li key={`${node.scope} ${node.op}`}>
            <button
              type="button"
              aria-pressed={node === chosen}
              onClick={() =>
                choose(
                  { op: node.op, scope: node.scope, variant: undefined, part: undefined, tensor: undefined, index: undefined },
                  { history: true },
                )
              }
            >
              <span>{node.op}</span>
              <span class="small quiet">{node.scope}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function NodeView({
  node,
  adapter,
  computed,
}: {
  readonly node: ShaderInfo;
  readonly adapter: AdapterTraits;
  readonly computed: ComputedNumber | undefined;
}) {
  const variant =
    node.variants.find(({ name }) => name === params.value.variant) ?? node.variants.find(({ name }) => name === node.variant)!;
  const parts = variant.dispatches;
  const launched = useMemo(() => launch(node, variant.name, adapter), [node, variant, adapter]);
  const part = Math.min(parts.length - 1, numberOf('part', computed?.at ? Math.max(0, computes(launched, computed.at.output)) : 0));
  const dispatch = parts[part];
  const found = useMemo(() => computed?.at && placeOf(launched, part, computed.at.output, computed.at.element), [launched, computed, part]);
  const values = useMemo(
    () => (dispatch ? lineValues(dispatch.source.trimEnd().split('\n'), namesOf(found, launched.dispatches[part]!)) : []),
    [dispatch, found, launched, part],
  );
  if (!dispatch) return null;
  return (
    <div class="stack">
      <section class="card stack" aria-label="Variants">
        <div class="row spread">
          <h2>
            {node.op} <span class="quiet">of {node.scope}</span>
          </h2>
          <p class="small quiet">{big(node.flops)}FLOP by its definition</p>
        </div>
        <Ladder node={node} shown={variant.name} />
      </section>
      {computed && <InvocationCard computed={computed} dispatch={dispatch} found={found} />}
      <section class="card stack" aria-label="Source">
        <div class="row spread">
          {parts.length > 1 ? (
            <fieldset class="tabs" aria-label="Dispatches of the variant, in their order">
              {parts.map(({ shader }, i) => (
                <button key={`${shader} ${i}`} type="button" aria-pressed={i === part} onClick={() => choose({ part: i })}>
                  {i + 1}. {shader}
                </button>
              ))}
            </fieldset>
          ) : (
            <h3 class="mono">shaders/{dispatch.shader}.wgsl</h3>
          )}
          <p class="small quiet">{dispatch.workgroups.join(' × ')} workgroups</p>
        </div>
        <Code source={dispatch.source} label={`Source of ${dispatch.shader}`} values={values} />
      </section>
    </div>
  );
}
