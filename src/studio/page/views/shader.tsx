import { useEffect, useMemo } from 'preact/hooks';
import { globalId, type Place } from '../../../kernels/launch.js';
import type { Dispatch } from '../../../kernels/variant.js';
import { OPTIMIZERS } from '../../../nn/optimizers.js';
import type { ShaderInfo } from '../../protocol.js';
import { Code } from '../components/code.js';
import { InvocationCard } from '../components/invocation_card.js';
import { Ladder } from '../components/ladder.js';
import { NoModel } from '../components/picture_panel.js';
import { big } from '../draw/format.js';
import { lineValues, type Names } from '../shader/evaluate.js';
import { useInspection } from '../state/inspection.js';
import { model, modelCount, run } from '../state/live.js';
import { choose, numberOf, params } from '../state/route.js';
import { type ChosenKernel, chosenKernel, chosenNode, chosenNumber, loadPlan, plan, planTrouble } from '../state/shaders.js';
import '../style/shader.css';

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
  const { state } = run.value ?? {};
  // Before the inspection, which takes longer.
  useEffect(() => {
    if (model.value && state !== 'loading') void loadPlan();
  }, [modelCount.value, state === 'loading']);
  useInspection();
  const all = plan.value?.shaders ?? [];
  const node = chosenNode.value;
  const found = chosenNumber.value;
  return (
    <>
      <h1>The shader beside the numbers</h1>
      {!model.value && <NoModel />}
      {planTrouble.value && (
        <p class="notice trouble" role="alert">
          {planTrouble.value}
        </p>
      )}
      {model.value && !plan.value && !planTrouble.value && (
        <p class="quiet" aria-busy="true">
          Loading the kernels…
        </p>
      )}
      {plan.value && !plan.value.isRun && (
        <p class="notice">The CPU reference computes here, and runs no shaders: these are the ones that a GPU would run.</p>
      )}
      {plan.value && (
        <div class="columns">
          <NodeList all={all} chosen={node} />
          {chosenKernel.value && <NodeView kernel={chosenKernel.value} />}
          {found && 'why' in found && !chosenKernel.value && (
            <p class="notice">
              {params.value.tensor}[{numberOf('index', 0)}]: {found.why}
            </p>
          )}
        </div>
      )}
    </>
  );
}

/** All nodes of the training plan, in the order in which they run. */
function NodeList({ all, chosen }: { readonly all: readonly ShaderInfo[]; readonly chosen: ShaderInfo | undefined }) {
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

function NodeView({ kernel: { node, variant, launched, part, dispatch, number, place } }: { readonly kernel: ChosenKernel }) {
  const parts = variant.dispatches;
  const values = useMemo(
    () => lineValues(dispatch.source.trimEnd().split('\n'), namesOf(place, launched.dispatches[part]!)),
    [dispatch, place, launched, part],
  );
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
      {number && <InvocationCard computed={number} dispatch={dispatch} found={place} />}
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
