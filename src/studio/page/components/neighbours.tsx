import { number } from '../draw/format.js';
import { choiceKey, fetchNeighbours, useAsked } from '../state/explain.js';
import { model } from '../state/live.js';
import { pictureChoice } from '../state/picture.js';
import { linkTo } from '../state/route.js';
import { Thumbnail } from './thumbnail.js';

/** The training pictures that look most alike to the network. */
export function Neighbours() {
  const choice = pictureChoice.value;
  const asked = useAsked(choice && (() => fetchNeighbours(choice)), choiceKey());
  const classes = model.value?.classes ?? [];
  const layer = asked.value && model.value?.layers[asked.value.layer];
  return (
    <section class="card stack" aria-label="Nearest neighbours" aria-busy={asked.isWaiting}>
      <h2>Most alike to the network</h2>
      <p class="small quiet">
        Training pictures whose numbers in {layer ? `${layer.name} (${layer.outputShape.join(' × ')})` : 'the last layer but one'} lie
        nearest.
      </p>
      {asked.error && <p class="notice trouble">{asked.error}</p>}
      {asked.isWaiting && !asked.value && <p class="quiet small">Looking through the training pictures…</p>}
      <ul class="gallery">
        {asked.value?.neighbours.map(({ set, index, label, file, distance }) => (
          <li key={`${set} ${index}`}>
            <a href={linkTo('learned', { picture: `${set}:${index}` })}>
              <Thumbnail set={set} index={index} label={`${file}, which is ${classes[label]}`} />
              <span>{classes[label]}</span>
              <span class="quiet">distance {number(distance, 3)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
