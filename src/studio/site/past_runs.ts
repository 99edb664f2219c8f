import { kindOfEnding } from '../../formats/endings.js';
import { pastRunOf } from '../engine/past_run.js';
import type { PastRun } from '../protocol.js';
import type { Files } from './files.js';

/** Where runs are. */
export const RUNS = 'runs';

/** The runs that this browser keeps, newest first. */
export async function pastRuns(files: Files): Promise<PastRun[]> {
  const runs: PastRun[] = [];
  for (const name of (await files.list(RUNS)).folders) {
    const folder = `${RUNS}/${name}`;
    const history = await files.read(`${folder}/history.json`);
    const models = (await files.list(folder)).files.filter(file => kindOfEnding(file) !== undefined);
    // One that was stopped in its first epoch has a checkpoint, and no history yet.
    const run = history ? pastRunOf(new TextDecoder().decode(history)) : { history: {} };
    if (run && models.length > 0) runs.push({ ...run, name, checkpoints: models.map(file => `${folder}/${file}`) });
  }
  return runs.sort((a, b) => (b.date ?? '').localeCompare(a.date ?? ''));
}
