import { useEffect } from 'preact/hooks';
import { Glance } from '../components/glance.js';
import { NoModel } from '../components/picture_panel.js';
import { SampleRun } from '../components/sample_run.js';
import { count } from '../draw/format.js';
import { useGlance } from '../state/glance.js';
import { inspecting, inspectionTrouble, refresh } from '../state/inspection.js';
import { data, epochs, lessonModel, machine, model, run } from '../state/live.js';
import { pictureChoice } from '../state/picture.js';
import { choose, linkTo, type View } from '../state/route.js';
import '../style/home.css';

const WAYS: readonly { readonly to: View; readonly title: string; readonly text: string }[] = [
  { to: 'network', title: 'Network', text: 'Every layer: its maps, weights, gradients and histograms.' },
  { to: 'number', title: 'One number', text: 'Any number, and the products and sums that it is made of.' },
  { to: 'shader', title: 'Shader', text: 'The GPU program that computes a number, line by line.' },
  { to: 'learned', title: 'What it learned', text: 'Where it looks, what it gets wrong, what it finds similar.' },
  { to: 'build', title: 'Build', text: 'Your own network: add and change layers, train it, compare.' },
  { to: 'lessons', title: 'Lessons', text: 'Eleven short ones, from the convolution to the GPU kernel.' },
];

/** The first view: a whole network at work on a picture, and where to go from there. */
export function HomeView() {
  const glance = useGlance();
  // After each epoch; where a CPU does the adapter's work, it has enough to do with the steps.
  const isRunning = run.value?.state === 'running' && machine.value?.software === false;
  const ends = epochs.value.length;
  useEffect(() => {
    if (isRunning && ends > 0) void refresh(true);
  }, [ends]);
  return (
    <>
      <div class="home-head">
        <div>
          <h1>{title()}</h1>
          <p class="quiet">{lead()}</p>
        </div>
        <SampleRun />
      </div>
      <div class="card home-glance">
        {inspectionTrouble.value && (
          <p class="notice trouble" role="alert">
            {inspectionTrouble.value} <BackToData />
          </p>
        )}
        {glance ? (
          <Glance inspection={glance.inspection} classes={glance.classes}>
            <Faces />
          </Glance>
        ) : (
          <Waiting />
        )}
      </div>
      <nav class="home-ways" aria-label="Where to look">
        {WAYS.map(({ to, title, text }) => (
          <a key={to} class="card" href={linkTo(to)}>
            <strong>{title}</strong>
            <span class="quiet small">{text}</span>
          </a>
        ))}
      </nav>
    </>
  );
}

const isSmall = (): boolean => model.value === undefined || model.value.from === lessonModel.value?.model;

const title = (): string => (isSmall() ? 'Does this face wear a mask?' : 'The network at a glance');

function lead(): string {
  const summary = model.value;
  if (isSmall())
    return 'A small network looks at a picture: forward from the pixels to the classes, then back with the gradient. Click a part to enlarge it.';
  return `${summary!.layers.length} layers and ${count(summary!.count)} weights, from the pixels to ${summary!.classes.length} classes, then back with the gradient. Click a part to enlarge it.`;
}

/** From a file to the pictures that the studio has. */
function BackToData() {
  if (pictureChoice.value?.from !== 'file') return null;
  return (
    <button type="button" onClick={() => choose({ picture: undefined, label: undefined })}>
      Back to the pictures
    </button>
  );
}

function Waiting() {
  if (inspectionTrouble.value) return null;
  if (model.value === undefined && !inspecting.value && lessonModel.value === undefined) return <NoModel />;
  return <p class="glance-waiting quiet">Computing…</p>;
}

/** Goes through the pictures that the studio has. */
function Faces() {
  const choice = pictureChoice.value;
  const set = data.value?.sets.find(({ name }) => name === choice?.from);
  if (choice?.from === 'file' && !inspectionTrouble.value)
    return (
      <div class="row home-faces">
        <BackToData />
      </div>
    );
  if (!set || choice?.from === 'file' || choice?.from === 'batch') return null;
  const at = choice!.index;
  const to = (index: number): void => choose({ picture: `${choice!.from}:${(index + set.samples) % set.samples}`, label: undefined });
  return (
    <div class="row home-faces">
      <button type="button" aria-label="Picture before" onClick={() => to(at - 1)}>
        ‹
      </button>
      <span class="small quiet">
        picture {at + 1} of {set.samples}
      </span>
      <button type="button" aria-label="Next picture" onClick={() => to(at + 1)}>
        ›
      </button>
    </div>
  );
}
