import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SmallGlance } from '../engine/inspect_small.js';
import { useInspection } from './inspection.js';
import { isWelcome, lessonModel, model, opensModel, run, send } from './live.js';

/** What the small network makes of a face, computed in this page while the studio holds no model yet. */
const small = signal<SmallGlance | undefined>(undefined);
let asked = false;

const loadSmall = () => import('../engine/inspect_small.js');

async function computeSmall(): Promise<void> {
  if (asked) return;
  asked = true;
  small.value = await loadSmall()
    .then(({ inspectSmall }) => inspectSmall())
    .catch((error: unknown) => {
      console.warn('The small network is not shown before the studio has opened it:', error);
      return undefined;
    });
}

/** Opens the small network where the studio holds no model, none is being opened and no run was begun. Whether that is so. */
export function useSmallNetwork(): boolean {
  const isEmpty = isWelcome.value && model.value === undefined && run.value === undefined && opensModel.value === undefined;
  const lesson = lessonModel.value;
  useEffect(() => {
    if (isEmpty && lesson) send({ type: 'open', ...lesson });
  }, [isEmpty, lesson]);
  return isEmpty && lesson !== undefined;
}

/** What the first page shows: the studio's model on its picture, or until there is one, the small network on a face. */
export function useGlance(): SmallGlance | undefined {
  const found = useInspection();
  const isEmpty = useSmallNetwork();
  const lesson = lessonModel.value;
  // It comes while the studio has yet to say what it holds.
  useEffect(() => {
    if (!isWelcome.peek()) void loadSmall().catch(() => {});
  }, []);
  useEffect(() => {
    if (isEmpty) void computeSmall();
  }, [isEmpty]);
  if (found) return { inspection: found.inspection, classes: model.value?.classes ?? [] };
  return isEmpty || model.value?.from === lesson?.model ? small.value : undefined;
}
