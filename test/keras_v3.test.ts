import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { setHdf5Worker } from '../src/formats/hdf5/worker_door.js';
import { openModel } from '../src/formats/open.js';
import { startHdf5Thread } from '../src/node/hdf5.js';
import { pathSource } from '../src/node/model_source.js';
import { expectSame, goldenModel } from './helpers/foreign.js';
import { hasShared, shared } from './helpers/shared.js';

setHdf5Worker(startHdf5Thread);

const golden = (name: string) => pathSource(join(shared, 'goldens/formats', name));

describe.skipIf(!hasShared('goldens/formats'))('.keras files of Keras 3.0, Keras 3.15 and tf_keras', () => {
  test.each([
    'keras3_grey.keras',
    'keras3_sgd.keras',
    'keras3_chain.keras',
    'keras30_grey.keras',
    'keras30_sgd.keras',
    'tf_keras_grey.keras',
    'tf_keras_sgd.keras',
  ])('%s gives what Keras gives, and goes on as in Keras', async name => {
    const checkpoint = await openModel(await golden(name));
    expect(checkpoint).toMatchObject({ kind: 'keras', step: 3, untrainable: undefined });
    expect(checkpoint.notes).toEqual([expect.stringMatching(/^it does not say what its loss is computed from: the logits are taken/)]);
    const { compile } = checkpoint;
    // On JAX, which the file does not say, Keras takes a softmax's loss from its probabilities.
    const loss = { ...compile!.loss, from: name === 'keras30_sgd.keras' ? 'probs' : compile!.loss.from } as const;
    await expectSame({ ...checkpoint, compile: { ...compile!, loss } }, goldenModel(name));
  });
});
