import type { Inspection } from '../../../inspect/types.js';
import { layerRecord } from '../../../nn/layers.js';
import type { LayerSummary } from '../../protocol.js';
import { big, count, duration, shapeOf } from '../draw/format.js';
import { inspecting } from '../state/inspection.js';
import { layoutOf, partsOf } from '../state/layout.js';
import { modelKernels } from '../state/live.js';
import { choose, params } from '../state/route.js';
import { Histogram } from './histogram.js';
import { Maps } from './maps.js';

/** Milliseconds of a step's kernels that belong to a layer, forward and backward and its weights' updates. */
function timeOf(layer: string): number | undefined {
  const times = modelKernels.value?.kernels.filter(({ scope }) => scope === layer || scope.startsWith(`${layer}.`));
  return times && times.length > 0 ? times.reduce((sum, { ms }) => sum + ms, 0) : undefined;
}

interface Props {
  readonly layer: LayerSummary;
  readonly index: number;
  readonly open: boolean;
  readonly inspection: Inspection | undefined;
}

export function LayerCard({ layer, index, open, inspection }: Props) {
  const ms = timeOf(layer.name);
  return (
    <section class={`card layer${open ? ' open' : ''}`} aria-label={`Layer ${index}: ${layer.name}`}>
      <button
        type="button"
        class="layer-head"
        aria-expanded={open}
        onClick={() => choose({ layer: open ? 'none' : index, show: undefined, channel: undefined, other: undefined })}
      >
        <span class="layer-index" aria-hidden="true">
          {index}
        </span>
        <span class="layer-name">
          <strong>{layer.name}</strong>
          <span class="quiet small">{layerRecord(layer.kind).describe(layer.config)}</span>
        </span>
        <span class="layer-facts small">
          <span>
            {shapeOf(layer.inputShape)} → <strong>{shapeOf(layer.outputShape)}</strong>
          </span>
          <span class="quiet">
            {layer.count > 0 ? `${count(layer.count)} weights` : 'no weights'} · {big(layer.flops)}FLOP
            {ms !== undefined && ` · ${duration(ms)} per step`}
          </span>
        </span>
      </button>
      {open && inspection && <LayerBody index={index} inspection={inspection} />}
      {open && inspecting.value && <p class="quiet small layer-body">{inspecting.value}</p>}
    </section>
  );
}

function LayerBody({ index, inspection }: { readonly index: number; readonly inspection: Inspection }) {
  const parts = partsOf(inspection, index);
  const shown = parts.find(({ part }) => part === params.value.show) ?? parts[0];
  if (!shown) return inspecting.value ? null : <p class="quiet small layer-body">This layer only passes its input on.</p>;
  const tensor = `layer${index}/${shown.part}`;
  const layout = layoutOf(inspection, tensor);
  const histograms = parts.filter(({ part }) => part !== 'argmax' && part !== 'mask');
  return (
    <div class="stack layer-body">
      <fieldset class="tabs" aria-label="What is shown">
        {parts.map(({ part, label }) => (
          <button
            key={part}
            type="button"
            aria-pressed={part === shown.part}
            onClick={() => choose({ layer: index, show: part, channel: undefined, other: undefined })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      {layout && <Maps key={tensor} inspection={inspection} layout={layout} label={shown.label} />}
      <details class="histograms" open>
        <summary class="small quiet">Histograms (heights are square roots of counts)</summary>
        <div class="histogram-grid">
          {histograms.map(({ part, label }) => (
            <Histogram key={part} data={inspection.tensors[`layer${index}/${part}`]!.data} label={label} />
          ))}
        </div>
      </details>
    </div>
  );
}
