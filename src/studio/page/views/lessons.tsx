import { useEffect } from 'preact/hooks';
import type { Lesson } from '../lesson.js';
import { lessons } from '../lessons/index.js';
import { linkTo, route } from '../state/route.js';

/** The address of a lesson's first step. */
function begin({ id, steps }: Lesson): string {
  const { view, params } = steps[0]!;
  return linkTo(view ?? 'network', { ...params, lesson: id, step: 0 });
}

/** The list of lessons; '#/lessons/ID' opens one. */
export function LessonsView() {
  const wanted = lessons.find(({ id }) => id === route.value.path[0]);
  useEffect(() => {
    if (wanted) location.replace(begin(wanted));
  }, [wanted]);
  return (
    <>
      <h1>Lessons</h1>
      <ol class="lessons">
        {lessons.map(lesson => (
          <li key={lesson.id}>
            <a href={begin(lesson)}>
              <strong>{lesson.title}</strong>
              <span>{lesson.summary}</span>
            </a>
          </li>
        ))}
      </ol>
    </>
  );
}
