import { LayerCard } from '../components/layer_card.js';
import { NoModel, PicturePanel } from '../components/picture_panel.js';
import { big, count } from '../draw/format.js';
import { inspected, isStale } from '../state/inspection.js';
import { model } from '../state/live.js';
import { numberOf, params } from '../state/route.js';
import '../style/network.css';

/** The layers of the model, and what they make of a picture. */
export function NetworkView() {
  const summary = model.value;
  if (!summary) {
    return (
      <>
        <h1>The network</h1>
        <NoModel />
      </>
    );
  }
  const open = params.value.layer === 'none' ? -1 : numberOf('layer', 0);
  const flops = summary.layers.reduce((sum, layer) => sum + layer.flops, 0);
  return (
    <>
      <div class="row spread">
        <h1>The network</h1>
        <p class="quiet small">
          {summary.layers.length} layers, {count(summary.count)} weights, {big(flops)}FLOP a picture forward · {summary.optimizer.name},
          learning rate {summary.optimizer.learningRate} · {summary.loss.name} from {summary.loss.from} ·{' '}
          <span title={summary.from}>{summary.from.split('/').at(-1)}</span>
        </p>
      </div>
      <div class="columns">
        <div class="beside">
          <PicturePanel />
        </div>
        <div class={`stack${isStale.value ? ' stale' : ''}`} aria-busy={isStale.value}>
          {summary.layers.map((layer, index) => (
            <LayerCard key={layer.name} layer={layer} index={index} open={index === open} inspection={inspected.value?.inspection} />
          ))}
        </div>
      </div>
    </>
  );
}
