import { computed, signal } from '@preact/signals';
import type { Place } from '../../../kernels/launch.js';
import { ROUTES, type ShaderInfo, type ShadersInfo } from '../../protocol.js';
import { type ComputedNumber, computedBy } from '../shader/computed.js';
import { computes, type Launched, launch, placeOf } from '../shader/invocation.js';
import { requestJson } from './api.js';
import { modelCount } from './live.js';
import { numberOf, params } from './route.js';

/** The plan in use with every way to compute it, as it was last asked for, and of which model. */
const asked = signal<{ readonly of: number; readonly info: ShadersInfo } | undefined>(undefined);
/** That of the studio's model: another's kernels are not shown for it. */
export const plan = computed(() => (asked.value?.of === modelCount.value ? asked.value.info : undefined));
export const planTrouble = signal<string | undefined>(undefined);

export async function loadPlan(): Promise<void> {
  planTrouble.value = undefined;
  try {
    const of = modelCount.value;
    asked.value = { of, info: await requestJson<ShadersInfo>(ROUTES.shaders) };
  } catch (error) {
    planTrouble.value = (error as Error).message;
  }
}

/** What computes the number that the address names, or why nothing does. */
export const chosenNumber = computed(() => {
  const { tensor } = params.value;
  return plan.value && tensor ? computedBy(plan.value, tensor, numberOf('index', 0)) : undefined;
});

/**
 * The node that the address names by its op and scope, else the one that computes the chosen number; the first where no number is chosen. None where nothing
 * computes the number.
 */
export const chosenNode = computed(() => {
  const { op, scope } = params.value;
  const all = plan.value?.shaders ?? [];
  const named = all.find(node => node.op === op && (scope === undefined || node.scope === scope));
  const found = chosenNumber.value;
  if (named || !found) return named ?? all[0];
  return 'node' in found ? found.node : undefined;
});

/** A dispatch of a variant of the chosen node. */
export interface ChosenKernel {
  readonly node: ShaderInfo;
  readonly variant: ShaderInfo['variants'][number];
  readonly launched: Launched;
  readonly part: number;
  readonly dispatch: ShaderInfo['variants'][number]['dispatches'][number];
  /** The chosen number, where the node computes it, and the invocation that does. */
  readonly number: ComputedNumber | undefined;
  readonly place: Place | undefined;
}

/** The variant that the address names, or the one in use, and which of its dispatches. */
export const chosenKernel = computed((): ChosenKernel | undefined => {
  const node = chosenNode.value;
  if (!node) return undefined;
  const found = chosenNumber.value;
  const number = found && 'node' in found && found.node === node ? found : undefined;
  const variant =
    node.variants.find(({ name }) => name === params.value.variant) ?? node.variants.find(({ name }) => name === node.variant)!;
  const launched = launch(node, variant.name, plan.value!.adapter);
  const first = number?.at ? Math.max(0, computes(launched, number.at.output)) : 0;
  const part = Math.min(variant.dispatches.length - 1, numberOf('part', first));
  const dispatch = variant.dispatches[part];
  if (!dispatch) return undefined;
  const place = number?.at && placeOf(launched, part, number.at.output, number.at.element);
  return { node, variant, launched, part, dispatch, number, place };
});
