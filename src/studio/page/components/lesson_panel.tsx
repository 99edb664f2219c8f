import '../style/lessons.css';
import { lessons } from '../lessons/index.js';
import { lessonModel, model, run, send } from '../state/live.js';
import { choose, linkTo, numberOf, params } from '../state/route.js';

/** The open lesson's text and steps, beside the view that its steps set. */
export function LessonPanel() {
  const lesson = lessons.find(({ id }) => id === params.value.lesson);
  if (!lesson) return null;
  const last = lesson.steps.length - 1;
  const at = Math.min(Math.max(0, numberOf('step', 0)), last);
  const step = lesson.steps[at]!;
  const to = (index: number): string => {
    const { view, params } = lesson.steps[index]!;
    return linkTo(view ?? 'network', { ...params, lesson: lesson.id, step: index });
  };
  return (
    <aside class="lesson" aria-label={`Lesson: ${lesson.title}`}>
      <header>
        <p class="quiet">{lesson.title}</p>
        <button type="button" class="plain" aria-label="Close the lesson" onClick={() => choose({ lesson: undefined, step: undefined })}>
          ×
        </button>
      </header>
      <SmallNetwork />
      <h2>{step.title}</h2>
      <div class="prose">{step.text}</div>
      <nav aria-label="Steps of the lesson">
        {at > 0 ? <a href={to(at - 1)}>Back</a> : <span />}
        <span class="quiet">
          {at + 1} of {lesson.steps.length}
        </span>
        {at < last ? (
          <a class="button" href={to(at + 1)}>
            Next
          </a>
        ) : (
          <a href={linkTo('lessons', { lesson: undefined, step: undefined })}>All lessons</a>
        )}
      </nav>
    </aside>
  );
}

/** Offers the network that the lessons were written for, where another or none is open and no run would be in its way. */
function SmallNetwork() {
  const small = lessonModel.value;
  const state = run.value?.state;
  const isBusy = state === 'loading' || state === 'running' || state === 'paused';
  if (!small || isBusy || model.value?.from === small.model) return null;
  return (
    <p class="notice">
      {model.value
        ? 'The lessons are about a small network, but work on others with the same layers as well. '
        : 'The lessons look into a small network that tells faces with masks from those without. '}
      <button type="button" onClick={() => send({ type: 'open', ...small })}>
        Open the small network
      </button>
    </p>
  );
}
