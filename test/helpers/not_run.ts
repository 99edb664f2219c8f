import { hasShared, shared } from './shared.js';

/** What can be tested only with files that are not part of the project, by the folder that they need. */
const NEEDS = {
  goldens: "Keras' values for photographs and for the trained network",
  'goldens/formats': 'model files of other programs',
  'data/face-mask': "PIL's bytes of 1,651 photographs",
};

/** Says in one line, at the end, what was not run for want of such files: vitest calls it before the tests, and what it returns after them. */
export default function notRun(): () => void {
  return () => {
    const missing = Object.entries(NEEDS).filter(([folder]) => !hasShared(folder));
    if (missing.length === 0) return;
    const what = missing.map(([folder, tests]) => `${tests} (${folder})`).join(', ');
    console.log(`Not run: ${what}; they need files that are not part of the project, looked for in ${shared} (set WGRAD_SHARED).`);
  };
}
