import type { ComponentChildren } from 'preact';
import type { View } from './state/route.js';

/** One step of a lesson: text beside a view that it sets. */
export interface LessonStep {
  readonly title: string;
  readonly text: ComponentChildren;
  /** The view that the step shows; without one, the view stays as the reader left it. */
  readonly view?: View;
  /** Choices that the view is given: what its address would say. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** A short lesson that leads through the page's real views. */
export interface Lesson {
  /** In the address: '#/lessons/pooling'. */
  readonly id: string;
  readonly title: string;
  /** One sentence for the list of lessons. */
  readonly summary: string;
  readonly steps: readonly LessonStep[];
}
