import { useEffect, useState } from 'preact/hooks';
import { percent } from '../draw/format.js';
import { fetchBatch, type LastBatch } from '../state/api.js';
import { holdsRun, run } from '../state/live.js';
import { linkTo } from '../state/route.js';
import { ClassName } from './class_name.js';
import { Picture } from './picture.js';

/** While a run goes on, its batch is asked for so often. */
const EVERY_MS = 2500;

const largest = (values: Float32Array): number => values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);

/** The pictures of the last step as the network saw them, with what it said of them. */
export function BatchStrip() {
  const [batch, setBatch] = useState<LastBatch | undefined>(undefined);
  const { id, state, step, config } = run.value!;
  const going = state === 'running';
  const begun = holdsRun.value && step > 0;
  useEffect(() => {
    if (!begun) return;
    let left = false;
    const load = (): void => {
      if (document.hidden) return;
      // A batch that is not there yet is asked for again.
      fetchBatch().then(
        found => !left && setBatch(found),
        () => {},
      );
    };
    load();
    const timer = going ? setInterval(load, EVERY_MS) : undefined;
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [id, going, begun, going ? 0 : step]);
  if (!batch || !begun) return null;
  const { info, pictures, predictions, labels } = batch;
  return (
    <section class="card stack" aria-label="The batch of the last step">
      <div class="row spread">
        <h2>
          The batch of step {info.step}
          {config.augment ? ', as augmented' : ''}
        </h2>
        <p class="small quiet">with the predicted class and its probability</p>
      </div>
      <ul class="batch">
        {pictures.map((picture, row) => {
          const [predicted, truth] = [largest(predictions[row]!), largest(labels[row]!)];
          const right = predicted === truth;
          const text = `${info.classes[predicted]} ${percent(predictions[row]![predicted]!, 0)}`;
          return (
            <li key={row}>
              <a href={linkTo('network', { picture: `batch:${row}` })} title={text}>
                <Picture picture={picture} label={`${info.files[row] ?? 'picture'}, which is ${info.classes[truth]}: ${text}`} />
                <span class={right ? 'good' : 'bad'}>
                  {right ? '✓' : '✗'} <ClassName name={info.classes[predicted]!} most={14} /> {percent(predictions[row]![predicted]!, 0)}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
