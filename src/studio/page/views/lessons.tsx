import { useEffect } from 'preact/hooks';
import { openStep, stepLink } from '../components/lesson_panel.js';
import type { Lesson } from '../lesson.js';
import { lessons } from '../lessons/index.js';
import { STAGES } from '../lessons/run/stages.js';
import { forgetSteps, seenSteps } from '../state/progress.js';
import { route } from '../state/route.js';

/** The list of lessons; '#/lessons/ID' opens one. While a lesson is open, the stage of its step. */
export function LessonsView() {
  const wanted = lessons.find(({ id }) => id === route.value.path[0]);
  useEffect(() => {
    if (wanted) location.replace(stepLink(wanted, 0));
  }, [wanted]);
  const { lesson, at = 0 } = openStep() ?? {};
  const name = lesson?.steps[at]?.stage;
  const Stage = name && STAGES[name];
  return Stage ? <Stage key={`${lesson!.id} ${at}`} /> : <LessonList />;
}

function LessonList() {
  const begun = lessons.some(({ id }) => seenSteps(id).length > 0);
  return (
    <>
      <div class="row spread">
        <h1>Lessons</h1>
        {begun && (
          <button type="button" class="small" onClick={forgetSteps}>
            Forget my progress
          </button>
        )}
      </div>
      <ol class="lessons">
        {lessons.map((lesson, index) => (
          <LessonEntry key={lesson.id} lesson={lesson} number={index + 1} />
        ))}
      </ol>
    </>
  );
}

/** A lesson of the list. One that was begun opens at its first step that was not shown yet. */
function LessonEntry({ lesson, number }: { readonly lesson: Lesson; readonly number: number }) {
  const { steps, title, summary, id } = lesson;
  const seen = seenSteps(id).filter(step => step < steps.length);
  const left = steps.findIndex((_, step) => !seen.includes(step));
  const words =
    seen.length === 0 ? `${steps.length} steps` : left < 0 ? `✓ all ${steps.length} steps` : `${seen.length} of ${steps.length} steps`;
  return (
    <li>
      <a href={stepLink(lesson, Math.max(0, left))}>
        <strong>
          {number}. {title}
        </strong>
        <span>{summary}</span>
        <span class="lesson-progress">
          <span class="bar" style={{ width: `${(100 * seen.length) / steps.length}%` }} />
          <span class="small">{words}</span>
        </span>
      </a>
    </li>
  );
}
