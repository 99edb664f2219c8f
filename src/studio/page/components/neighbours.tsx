import { number } from '../draw/format.js';
import { choiceKey, fetchNeighbours, useAsked } from '../state/explain.js';
import { data, model } from '../state/live.js';
import { pictureChoice } from '../state/picture.js';
import { linkTo } from '../state/route.js';
import { ClassName } from './class_name.js';
import { showPicture } from './picture_panel.js';
import { Thumbnail } from './thumbnail.js';

const SETS = { train: 'Training', validation: 'Validation' } as const;

/** The pictures of the data that are most similar to the network. */
export function Neighbours() {
  const choice = pictureChoice.value;
  const asked = useAsked(choice && (() => fetchNeighbours(choice)), choiceKey());
  const classes = model.value?.classes ?? [];
  const set = data.value?.sets.some(({ name }) => name === 'train') ? 'train' : 'validation';
  const layer = asked.value && model.value?.layers[asked.value.layer];
  return (
    <section class="card stack" aria-label="Nearest neighbours" aria-busy={asked.isWaiting}>
      <h2>Most similar, to the network</h2>
      <p class="small quiet">
        {SETS[set]} pictures with the nearest outputs of{' '}
        {layer ? `${layer.name} (${layer.outputShape.join(' × ')})` : 'the last layer but one'}.
      </p>
      {asked.error && <p class="notice trouble">{asked.error}</p>}
      {asked.isWaiting && !asked.value && <p class="quiet small">Looking through the pictures…</p>}
      <ul class="gallery">
        {asked.value?.neighbours.map(({ set: from, index, label, file, distance }) => (
          <li key={`${from} ${index}`}>
            <a href={linkTo('learned', { picture: `${from}:${index}` })} title={`${file}, ${classes[label]}`} onClick={showPicture}>
              <Thumbnail set={from} index={index} label={`${file}, which is ${classes[label]}`} />
              <span>
                <ClassName name={classes[label]!} most={16} />
              </span>
              <span class="quiet">distance {number(distance, 3)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
