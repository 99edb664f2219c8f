import { useMemo } from 'preact/hooks';
import { explainNumber, receptiveField } from '../../../inspect/one_number.js';
import type { Inspection, Region, Terms, UpdateTerms } from '../../../inspect/types.js';
import { explainUpdate } from '../../../inspect/update_terms.js';
import { NumberPicker } from '../components/number_picker.js';
import { NoModel, PicturePanel } from '../components/picture_panel.js';
import { TermsView } from '../components/terms_view.js';
import { UpdateView } from '../components/update_view.js';
import { number } from '../draw/format.js';
import { inspected, inspecting, isStale } from '../state/inspection.js';
import { type Layout, largestNumber, layerOf, layoutOf, weightOf } from '../state/layout.js';
import { model } from '../state/live.js';
import { linkTo, numberOf, params } from '../state/route.js';
import '../style/network.css';
import '../style/number.css';

/** A function's result, or the sentence of its error. */
function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}

/** The parts of the picture and the tensors that a number depends on. */
function fieldOf(inspection: Inspection, tensor: string, index: number): readonly Region[] {
  const part = tensor.replace(/^layer\d+\//, '');
  if (!/^(output|pre_activation)(\/gradient)?$/.test(part)) return [];
  const found = attempt(() => receptiveField(inspection, layerOf(inspection, tensor), index));
  return typeof found === 'string' ? [] : found;
}

/** How any number of the network is computed: forward, backward, and the step of a weight. */
export function NumberView() {
  const found = inspected.value?.inspection;
  const tensor = params.value.tensor ?? 'layer0/output';
  const layout = useMemo(() => found && layoutOf(found, tensor), [found, tensor]);
  const first = useMemo(() => (layout ? largestNumber(layout) : 0), [layout]);
  const index = Math.min((layout?.data.length ?? 1) - 1, Math.max(0, numberOf('index', first)));
  const field = useMemo(() => (found ? fieldOf(found, tensor, index) : []), [found, tensor, index]);
  if (!model.value) {
    return (
      <>
        <h1>One number</h1>
        <NoModel />
      </>
    );
  }
  return (
    <>
      <div class="row spread">
        <h1>One number</h1>
        <p class="small quiet">Arrow keys move over a map, with Shift ten at a time.</p>
      </div>
      <div class="columns">
        <div class="stack beside">
          <PicturePanel region={field.find(({ tensor: of }) => of === 'input')} />
        </div>
        <div class={`stack${isStale.value ? ' stale' : ''}`} aria-busy={isStale.value}>
          {found && !layout && <p class="notice">{inspecting.value ?? `An inspection of this network has no tensor ${tensor}.`}</p>}
          {!found && inspecting.value && <p class="quiet">{inspecting.value}</p>}
          {found && layout && <NumberPicker inspection={found} layout={layout} index={index} field={field} />}
          {found && layout && <Story inspection={found} layout={layout} tensor={tensor} index={index} />}
        </div>
      </div>
    </>
  );
}

interface StoryProps {
  readonly inspection: Inspection;
  readonly layout: Layout;
  readonly tensor: string;
  readonly index: number;
}

function Story({ inspection, layout, tensor, index }: StoryProps) {
  const forward = useMemo(() => attempt(() => explainNumber(inspection, tensor, index)), [inspection, tensor, index]);
  const hasGradient = !tensor.endsWith('/gradient') && inspection.tensors[`${tensor}/gradient`] !== undefined;
  const gradient = useMemo(
    () => (hasGradient ? attempt(() => explainNumber(inspection, `${tensor}/gradient`, index)) : undefined),
    [inspection, tensor, index, hasGradient],
  );
  const isWeight = weightOf(inspection, tensor)?.trainable ?? false;
  const update = useMemo(
    () => (isWeight ? attempt(() => explainUpdate(inspection, tensor, index)) : undefined),
    [inspection, tensor, index, isWeight],
  );
  const value = layout.data[index]!;
  return (
    <>
      <section class="card stack" aria-label="How it was computed">
        <div class="row spread">
          <h2>
            How this number was computed: <span class="mono">{number(value, 7)}</span>
          </h2>
          {tensor !== 'input' && (
            <a class="small" href={linkTo('shader', { tensor, index })}>
              The shader that computes it
            </a>
          )}
        </div>
        <Explained inspection={inspection} terms={forward} />
      </section>
      {gradient !== undefined && (
        <section class="card stack" aria-label="Its gradient">
          <div class="row spread">
            <h2>
              Its gradient: <span class="mono">{typeof gradient === 'string' ? '' : number(gradient.value, 7)}</span>
            </h2>
            <a class="small" href={linkTo('number', { tensor: `${tensor}/gradient`, index })}>
              Show it alone
            </a>
          </div>
          <p class="small quiet">How fast the loss changes with this number: the sum of what comes back from each number that used it.</p>
          <Explained inspection={inspection} terms={gradient} />
        </section>
      )}
      {update !== undefined && (
        <section class="card stack" aria-label="The optimizer's step">
          <h2>The step of this weight</h2>
          {typeof update === 'string' ? (
            <p class="notice">{inspecting.value ?? update}</p>
          ) : (
            <UpdateView update={update} name={inspection.optimizer.name} />
          )}
        </section>
      )}
    </>
  );
}

function Explained({ inspection, terms }: { readonly inspection: Inspection; readonly terms: Terms | UpdateTerms | string | undefined }) {
  if (terms === undefined) return null;
  // What it was computed from may not be there yet.
  if (typeof terms === 'string') return <p class="notice">{inspecting.value ?? terms}</p>;
  return 'combine' in terms ? <TermsView inspection={inspection} terms={terms} /> : null;
}
