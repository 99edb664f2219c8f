import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { cutMiddle } from '../../../data/cut.js';
import { byClass } from '../../../inspect/mistakes.js';
import { inputPicture } from '../draw/canvas.js';
import { duration, percent } from '../draw/format.js';
import { useSmallNetwork } from '../state/glance.js';
import {
  browserTrouble,
  type Inspected,
  inspecting,
  inspectionTrouble,
  isStale,
  isTraining,
  refresh,
  useInspection,
} from '../state/inspection.js';
import { link } from '../state/linked.js';
import { data, holdsRun, model, run } from '../state/live.js';
import { given, pictureChoice } from '../state/picture.js';
import { choose, go, params, type View, view } from '../state/route.js';
import { Camera } from './camera.js';
import { ClassName } from './class_name.js';
import { type Box, ValueMap } from './value_map.js';

/** Looks at a file: dropped, chosen, or from the camera. */
export function give(file: Blob, name: string): void {
  given.value = { file, name };
  choose({ picture: 'file', label: undefined });
  void refresh();
}

/** Brings the picture into sight, where a choice further down has changed it. */
export function showPicture(): void {
  const panel = document.querySelector('.picture-panel');
  const { top = 0, bottom = 0 } = panel?.getBoundingClientRect() ?? {};
  if (bottom < 120 || top > innerHeight - 120) panel?.scrollIntoView({ block: 'start' });
}

/** Whether a file is held over the page. */
const isOver = signal(false);

/** Views that show what the network makes of a picture; from another, the page goes to the first of them but one. */
const SHOWING: readonly View[] = ['home', 'network', 'number', 'shader', 'learned'];

/** Takes a file that is dropped anywhere on the page: a browser would go to it, and leave the page. */
export function PictureDrop() {
  useEffect(() => {
    const hold = (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent): void => {
      // A model or a folder is taken before.
      const isTaken = event.defaultPrevented;
      event.preventDefault();
      isOver.value = false;
      const file = event.dataTransfer?.files[0];
      if (!file || isTaken) return;
      if (!SHOWING.includes(view.value)) go('network');
      give(file, file.name);
    };
    addEventListener('dragover', hold);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', hold);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return null;
}

/** The picture that is looked at, where it comes from, and what the network says of it. */
export function PicturePanel({ region }: { readonly region?: Box | undefined }) {
  const found = useInspection();
  if (!model.value) return <NoModel />;
  const isMissing = params.value.picture === 'file' && !given.value;
  return (
    <section
      class={`card stack picture-panel${isOver.value ? ' over' : ''}`}
      aria-label="The picture"
      aria-busy={inspecting.value !== undefined}
    >
      {found ? (
        <div class={`stack${isStale.value ? ' stale' : ''}`}>
          <Shown found={found} region={region} />
        </div>
      ) : (
        <p class="quiet">{inspecting.value ?? (isMissing ? MISSING : 'Choose a picture, or drop one here.')}</p>
      )}
      {inspectionTrouble.value && (
        <p class="notice trouble" role="alert">
          {inspectionTrouble.value}{' '}
          <button type="button" onClick={() => void refresh(true)}>
            Try again
          </button>
        </p>
      )}
      <Source />
      <Computing found={found} />
    </section>
  );
}

const MISSING = 'The picture of this address was a file given to another page. Give it here again, or choose another.';

export function NoModel() {
  if (useSmallNetwork()) return <p class="quiet">The small network is being opened…</p>;
  return (
    <p class="notice">
      There is no model yet. Start a run under <a href="#/train">Training</a>, or open one of the models there
      {link.isHere ? (
        '.'
      ) : (
        <>
          , or begin with <code>npx wgrad studio MODEL</code>.
        </>
      )}
    </p>
  );
}

function Shown({ found: { inspection }, region }: { readonly found: Inspected; readonly region?: Box | undefined }) {
  const [height, width, channels] = inspection.inputShape as [number, number, number];
  const input = inspection.tensors.input;
  const picture = useMemo(() => input && inputPicture(input.data, [height, width, channels]), [input]);
  if (!input || !picture) return null;
  const probabilities = byClass(inspection.tensors.probabilities?.data ?? [], inspection.loss);
  const classes = model.value?.classes ?? [];
  const label = inspection.tensors.labels?.data ?? [];
  const isAssumed = pictureChoice.value?.from === 'file' && params.value.label === undefined;
  const labels = label.length === 1 ? [1 - label[0]!, label[0]!] : label;
  return (
    <>
      <ValueMap
        height={height}
        width={width}
        values={{ data: input.data, stride: channels }}
        scale={{ kind: 'magnitude', low: 0, high: 1 }}
        picture={picture}
        label={`The picture, as the network takes it${region ? `; marked: rows ${region.top} to ${region.top + region.height - 1}, columns ${region.left} to ${region.left + region.width - 1}` : ''}`}
        size={270}
        region={region}
      />
      <table class="classes">
        <tbody>
          {Array.from(probabilities, (share, i) => (
            <tr key={i}>
              <th scope="row">
                <ClassName name={classes[i] ?? `class ${i}`} most={34} />
                {labels[i] === 1 && <span title="The label that the loss is computed with"> ●</span>}
              </th>
              <td class="bar-cell">
                <span class="bar" style={{ width: `${100 * share}%` }} />
              </td>
              <td class="num">{percent(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {isAssumed && (
        <p class="small quiet">
          Your own picture has no label: the loss and the gradients are computed as if it were of the predicted class. Choose another label
          below.
        </p>
      )}
    </>
  );
}

/** Where the picture comes from. */
function Source() {
  const choice = pictureChoice.value;
  const sets = data.value?.sets ?? [];
  const rows = holdsRun.value && run.value!.step > 0 ? run.value!.config.batchSize : 0;
  const at = choice?.from === 'batch' ? choice.row : choice && choice.from !== 'file' ? choice.index : 0;
  const length = choice?.from === 'batch' ? rows : (sets.find(({ name }) => name === choice?.from)?.samples ?? 0);
  const to = (index: number): void => choose({ picture: `${choice!.from}:${index}`, label: undefined });
  return (
    <div class="stack source">
      <div class="row">
        <select
          aria-label="Pictures from"
          value={choice?.from ?? ''}
          onChange={event =>
            choose({ picture: event.currentTarget.value === 'file' ? 'file' : `${event.currentTarget.value}:0`, label: undefined })
          }
        >
          {!choice && <option value="">choose…</option>}
          {sets.map(({ name, samples }) => (
            <option key={name} value={name}>
              {name} ({samples})
            </option>
          ))}
          {rows > 0 && <option value="batch">last batch ({rows})</option>}
          {given.value && <option value="file">{cutMiddle(given.value.name, 40)}</option>}
        </select>
        {length > 0 && (
          <span class="row picture-steps">
            <button type="button" aria-label="Picture before" disabled={at <= 0} onClick={() => to(at - 1)}>
              ‹
            </button>
            <input
              type="number"
              aria-label="Picture number"
              min={0}
              max={length - 1}
              value={at}
              onChange={event => to(Math.min(length - 1, Math.max(0, event.currentTarget.valueAsNumber || 0)))}
            />
            <button type="button" aria-label="Next picture" disabled={at >= length - 1} onClick={() => to(at + 1)}>
              ›
            </button>
          </span>
        )}
      </div>
      <div class="row">
        <label class="button file">
          <input
            type="file"
            class="hidden"
            accept="image/png,image/jpeg,image/bmp,image/webp"
            onChange={event => {
              const file = event.currentTarget.files?.[0];
              if (file) give(file, file.name);
            }}
          />
          File…
        </label>
        <Camera onPicture={blob => give(blob, 'camera')} />
        <span class="small quiet">or drop one here</span>
      </div>
    </div>
  );
}

/** How it is computed, and by whom. */
function Computing({ found }: { readonly found: Inspected | undefined }) {
  const classes = model.value?.classes ?? [];
  const step = holdsRun.value ? run.value!.step : 0;
  const behind = found && step > 0 && found.inspection.optimizer.step !== step + 1;
  return (
    <div class="stack small">
      <div class="row">
        <label>
          <input
            type="checkbox"
            checked={isTraining.value}
            onChange={event => choose({ training: event.currentTarget.checked ? 1 : undefined })}
          />
          with dropout, as in training
        </label>
        <label>
          <span class="quiet">label</span>
          <select
            value={params.value.label ?? ''}
            onChange={event => choose({ label: event.currentTarget.value === '' ? undefined : event.currentTarget.value })}
          >
            <option value="">{pictureChoice.value?.from === 'file' ? 'the predicted class' : 'its own'}</option>
            {classes.map((name, i) => (
              <option key={name} value={i}>
                {cutMiddle(name, 40)}
              </option>
            ))}
          </select>
        </label>
        {!link.isHere && (
          <label class="by-whom">
            <span class="quiet">computed by</span>
            <select value={params.value.engine ?? ''} onChange={event => choose({ engine: event.currentTarget.value || undefined })}>
              <option value="">the faster of both</option>
              <option value="browser">this browser</option>
              <option value="server">the server</option>
            </select>
          </label>
        )}
      </div>
      {found && (
        <p class="quiet by-whom" role="status">
          {inspecting.value ??
            `Computed by ${found.machine} in ${duration(found.ms)}, with the weights before step ${found.inspection.optimizer.step}.`}
        </p>
      )}
      {behind && (
        <p>
          <button type="button" onClick={() => void refresh(true)}>
            Compute again at step {step}
          </button>
        </p>
      )}
      {browserTrouble.value && (
        <details>
          <summary class="quiet">This browser has no WebGPU</summary>
          <p class="quiet">{browserTrouble.value}</p>
        </details>
      )}
    </div>
  );
}
