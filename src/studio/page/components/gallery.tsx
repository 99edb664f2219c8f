import type { GalleryInfo, GalleryPicture, PictureSet } from '../../protocol.js';
import { count, percent } from '../draw/format.js';
import { fetchGallery, useAsked } from '../state/explain.js';
import { data, model, modelCount, run } from '../state/live.js';
import { choose, linkTo, params } from '../state/route.js';
import { ClassName } from './class_name.js';
import { showPicture } from './picture_panel.js';
import { Scroll } from './scroll.js';
import { Thumbnail } from './thumbnail.js';

/** Pictures that are asked for, the worst first; and how many are shown at once. */
const ASKED = 200;
const SHOWN = 24;

/** A cell of the confusion matrix as the address says it: 'true,predicted'. */
function chosenCell(): readonly [number, number] | undefined {
  const parts = params.value.cell?.split(',').map(Number);
  return parts?.length === 2 && parts.every(Number.isInteger) ? [parts[0]!, parts[1]!] : undefined;
}

/** The data's pictures by how wrong the network is, mistakes that it is most sure of first. */
export function Gallery() {
  const sets = data.value?.sets ?? [];
  const named = (name: string | undefined) => sets.find(each => each.name === name);
  const set: PictureSet = (named(params.value.set) ?? named('validation') ?? sets[0])?.name ?? 'validation';
  const running = run.value?.state === 'running';
  const asked = useAsked(sets.length > 0 ? () => fetchGallery(set, ASKED) : undefined, [
    set,
    sets.length,
    modelCount.value,
    running ? 0 : run.value?.step,
  ]);
  const info = asked.value;
  const cell = chosenCell();
  const top = info?.top ?? [];
  const pictures = cell
    ? top.filter(({ label, predicted }) => label === cell[0] && predicted === cell[1])
    : top.filter(({ label, predicted }) => params.value.all === '1' || label !== predicted);
  const classes = model.value?.classes ?? [];
  return (
    <section class="card stack" aria-label="Mistakes" aria-busy={asked.isWaiting}>
      <div class="row spread">
        <h2>What it gets wrong</h2>
        <div class="row small">
          <label>
            <span class="quiet">pictures of</span>
            <select value={set} onChange={event => choose({ set: event.currentTarget.value, cell: undefined })}>
              {sets.map(({ name }) => (
                <option key={name} value={name}>
                  {name === 'train' ? 'training' : name}
                </option>
              ))}
            </select>
          </label>
          <label>
            <input
              type="checkbox"
              checked={params.value.all === '1'}
              onChange={event => choose({ all: event.currentTarget.checked ? 1 : undefined, cell: undefined })}
            />
            show correct ones too
          </label>
        </div>
      </div>
      {sets.length === 0 && (
        <p class="quiet">
          The studio has no labelled pictures: open the model with a folder of them under <a href={linkTo('train')}>Training</a>.
        </p>
      )}
      {asked.error && <p class="notice trouble">{asked.error}</p>}
      {asked.isWaiting && !info && <p class="quiet small">Predicting all pictures…</p>}
      {info && (
        <div class={`mistakes${isNumbered(classes) ? ' many' : ''}`}>
          <div class="stack">
            <p class="small quiet">
              Loss {info.loss.toFixed(4)}, accuracy {percent(info.acc)}, after step {count(info.step)}
            </p>
            <Confusion info={info} classes={classes} cell={cell} />
            <p class="small quiet">Choose a cell to see its pictures.</p>
          </div>
          <div class="stack">
            {pictures.length === 0 && <p class="quiet">{cell ? `None among the ${top.length} largest losses.` : 'No mistakes.'}</p>}
            <ul class="gallery">
              {pictures.slice(0, SHOWN).map(picture => (
                <Mistake key={`${picture.set} ${picture.index}`} picture={picture} classes={classes} />
              ))}
            </ul>
            {pictures.length > SHOWN && <p class="small quiet">and {pictures.length - SHOWN} more with smaller losses</p>}
          </div>
        </div>
      )}
    </section>
  );
}

function Mistake({ picture, classes }: { readonly picture: GalleryPicture; readonly classes: readonly string[] }) {
  const { set, index, label, predicted, probabilities, loss, file } = picture;
  const right = label === predicted;
  return (
    <li>
      <a
        href={linkTo('learned', { picture: `${set}:${index}`, cell: params.value.cell, set: params.value.set, all: params.value.all })}
        title={`${file}: is ${classes[label]}, predicted ${classes[predicted]}`}
        onClick={showPicture}
      >
        <Thumbnail set={set} index={index} label={`${file}, which is ${classes[label]}`} />
        <span class={right ? 'good' : 'bad'}>
          {right ? '✓' : '✗'} <ClassName name={classes[predicted]!} most={16} /> {percent(probabilities[predicted]!, 0)}
        </span>
        <span class="quiet">loss {loss.toFixed(3)}</span>
      </a>
    </li>
  );
}

interface ConfusionProps {
  readonly info: GalleryInfo;
  readonly classes: readonly string[];
  readonly cell: readonly [number, number] | undefined;
}

/** Columns of a matrix have their classes' names as long as these are not more; more are numbered. */
const MOST_NAMED = 4;
/** And as long as they are not longer. */
const LONGEST_NAMED = 14;

const isNumbered = (classes: readonly string[]): boolean =>
  classes.length > MOST_NAMED || classes.some(name => name.length > LONGEST_NAMED);

/** True classes down, predicted ones across; a cell is as dark as its share of its row. */
function Confusion({ info: { confusion }, classes, cell }: ConfusionProps) {
  const numbered = isNumbered(classes);
  return (
    <Scroll>
      <table class={`confusion${numbered ? ' numbered' : ''}`}>
        <thead>
          <tr>
            <th>true ╲ predicted</th>
            {classes.map((name, i) => (
              <th key={name} scope="col" title={name}>
                {numbered ? i : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((counts, truth) => {
            const all = counts.reduce((sum, n) => sum + n, 0) || 1;
            return (
              <tr key={classes[truth]}>
                <th scope="row">
                  {numbered && `${truth} `}
                  <ClassName name={classes[truth]!} most={numbered ? 22 : LONGEST_NAMED} />
                </th>
                {counts.map((n, predicted) => {
                  const isChosen = cell?.[0] === truth && cell[1] === predicted;
                  const text = `${n} of ${classes[truth]} predicted as ${classes[predicted]}`;
                  return (
                    <td key={classes[predicted]}>
                      <button
                        type="button"
                        aria-pressed={isChosen}
                        aria-label={text}
                        title={text}
                        style={{ '--share': `${(100 * n) / all}%` }}
                        class={truth === predicted ? 'right' : 'wrong'}
                        onClick={() => choose({ cell: isChosen ? undefined : `${truth},${predicted}` })}
                      >
                        {n}
                      </button>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
