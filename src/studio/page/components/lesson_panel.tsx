import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import '../style/lessons.css';
import '../style/projector.css';
import type { Lesson } from '../lesson.js';
import { lessons } from '../lessons/index.js';
import { inspected } from '../state/inspection.js';
import { lessonModel, model, run, send } from '../state/live.js';
import { see, seenSteps } from '../state/progress.js';
import { projector } from '../state/projector.js';
import { choose, linkTo, numberOf, params } from '../state/route.js';

/** The address of a lesson's step. */
export function stepLink({ id, steps }: Lesson, index: number): string {
  const { view, params } = steps[index]!;
  return linkTo(view, { ...params, lesson: id, step: index });
}

/** The open lesson, and which of its steps. */
export function openStep(): { readonly lesson: Lesson; readonly number: number; readonly at: number } | undefined {
  const place = lessons.findIndex(({ id }) => id === params.value.lesson);
  const lesson = lessons[place];
  if (!lesson) return undefined;
  return { lesson, number: place + 1, at: Math.min(Math.max(0, Math.floor(numberOf('step', 0))), lesson.steps.length - 1) };
}

/** Where there is room for a lesson beside the view, as its style has it. */
const BESIDE = '(min-width: 901px)';

/** The open lesson's text and steps, beside the view that its steps set. */
export function LessonPanel() {
  const opened = openStep();
  const { lesson, at = 0, number = 0 } = opened ?? {};
  const before = lesson && at > 0 ? stepLink(lesson, at - 1) : undefined;
  const after = lesson && at < lesson.steps.length - 1 ? stepLink(lesson, at + 1) : undefined;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.scrollTo(0, 0);
    // Who had scrolled to the end of one step begins the next at its top.
    if (lesson) scrollTo(0, 0);
    if (lesson) see(lesson.id, at);
    else projector.value = false;
  }, [lesson, at]);
  const place = lesson && stepLink(lesson, at);
  const placeBefore = useRef(place);
  useLayoutEffect(() => {
    // What had the focus may be gone with the step, as 'Back' is in the first, or with the lesson.
    if (placeBefore.current !== place && document.activeElement === document.body) {
      (panel.current ?? document.getElementById('main'))?.focus({ preventScroll: true });
    }
    placeBefore.current = place;
  }, [place]);
  const isShown = inspected.value !== undefined;
  useEffect(() => {
    if (lesson && isShown && matchMedia(BESIDE).matches) document.querySelector('main .layer.open')?.scrollIntoView({ block: 'nearest' });
  }, [lesson, at, isShown]);
  useEffect(() => {
    if (!projector.value) return;
    // What a presenter's remote sends.
    const turn = (event: KeyboardEvent): void => {
      const to = event.key === 'PageDown' ? after : event.key === 'PageUp' ? before : undefined;
      if (event.key === 'Escape') projector.value = false;
      if (!to) return;
      event.preventDefault();
      location.hash = to;
    };
    addEventListener('keydown', turn);
    return () => removeEventListener('keydown', turn);
  }, [projector.value, before, after]);
  if (!lesson) return null;
  const step = lesson.steps[at]!;
  const next = lessons[number];
  return (
    <aside ref={panel} class="lesson" tabIndex={-1} aria-label={`Lesson ${number}: ${lesson.title}`}>
      <header>
        <p class="quiet small">
          Lesson {number} of {lessons.length}
        </p>
        <div class="row">
          <button
            type="button"
            class="small"
            aria-pressed={projector.value}
            title="Large type for a class. Page Up and Page Down turn the steps, Escape leaves."
            onClick={() => {
              projector.value = !projector.value;
            }}
          >
            {projector.value ? 'Leave the projector' : 'Projector'}
          </button>
          <button type="button" class="plain" aria-label="Close the lesson" onClick={() => choose({ lesson: undefined, step: undefined })}>
            ×
          </button>
        </div>
      </header>
      <p class="lesson-title">{lesson.title}</p>
      <StepList lesson={lesson} at={at} />
      {(!step.stage || step.params?.picture !== undefined) && <SmallNetwork />}
      <p class="hidden" role="status">
        Step {at + 1} of {lesson.steps.length}: {step.title}
      </p>
      <h2>{step.title}</h2>
      <div class="prose">{step.text}</div>
      <section key={`${lesson.id} ${at}`} class="question" aria-label="Question">
        <p>{step.question.asks}</p>
        <details>
          <summary>Answer</summary>
          <p>{step.question.answer}</p>
        </details>
      </section>
      <nav aria-label="Steps of the lesson">
        {before ? <a href={before}>Back</a> : <span />}
        {after ? (
          <a class="button primary" href={after}>
            Next
          </a>
        ) : next ? (
          <a class="button primary" href={stepLink(next, 0)}>
            Next lesson: {next.title}
          </a>
        ) : (
          <a class="button primary" href={linkTo('lessons', { lesson: undefined, step: undefined })}>
            All lessons
          </a>
        )}
      </nav>
    </aside>
  );
}

/** The steps by number; those that were shown are filled. */
function StepList({ lesson, at }: { readonly lesson: Lesson; readonly at: number }) {
  const seen = seenSteps(lesson.id);
  return (
    <ol class="step-list" aria-label="Steps">
      {lesson.steps.map(({ title }, index) => (
        <li key={title}>
          <a
            href={stepLink(lesson, index)}
            class={seen.includes(index) ? 'seen' : ''}
            aria-current={index === at ? 'step' : undefined}
            aria-label={`Step ${index + 1}: ${title}${seen.includes(index) ? ', seen' : ''}`}
            title={title}
          >
            {index + 1}
          </a>
        </li>
      ))}
    </ol>
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
