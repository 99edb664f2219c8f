import { effect, signal } from '@preact/signals';

/** Whether the page is shown to a class: large type, high contrast, and nothing that a lesson does not need. */
export const projector = signal(false);

effect(() => {
  document.documentElement.toggleAttribute('data-projector', projector.value);
});
