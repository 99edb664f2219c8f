import type { Lesson } from '../lesson.js';

/** All lessons, in the order to read them. */
export const lessons: readonly Lesson[] = [];
