import type { ComponentChildren } from 'preact';
import type { View } from './state/route.js';

/** A run that a lesson shows in the place of a view. */
export type StageName =
  | 'filters'
  | 'dead'
  | 'pooling'
  | 'dropout'
  | 'loss'
  | 'plane'
  | 'optimizer'
  | 'augmentation'
  | 'times'
  | 'move'
  | 'ways';

/** One step of a lesson: text beside a view that it sets. */
export interface LessonStep {
  readonly title: string;
  /** What the view shows is marked in it, by <Shown> and <There>; other numbers must be among the constants. */
  readonly text: ComponentChildren;
  /** Something to find out beside the text, and what is found. */
  readonly question: { readonly asks: ComponentChildren; readonly answer: ComponentChildren };
  /** The view that the step shows; 'lessons' shows its stage. */
  readonly view: View;
  /** Choices that the view is given: what its address would say. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** What stands in the place of a view: the run that the step talks about. */
  readonly stage?: StageName;
  /** Numbers in the text that hold for any network and picture: of definitions and of arithmetic. */
  readonly constants?: readonly string[];
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
