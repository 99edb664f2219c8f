import { expect, test } from 'vitest';
import { setHdf5Worker } from '../src/formats/hdf5/worker_door.js';
import { startHdf5Thread } from '../src/node/hdf5.js';
import { damaged, fateOf, goodModels } from './helpers/damaged_models.js';

setHdf5Worker(startHdf5Thread);

test('damaged models of every kind are refused by their names or read with whole weights: some of those of npm run test:faults', async () => {
  const models = await goodModels();
  for (const model of models) expect(await fateOf(model), model.name).toMatchObject({ end: 'read', wrong: undefined });
  for (let seed = 0; seed < 30; seed++) expect((await fateOf(damaged(models, seed))).wrong, `seed ${seed}`).toBeUndefined();
});
