import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maskedCrc32c } from '../src/formats/crc32c.js';
import { openModel } from '../src/formats/open.js';
import { FILES } from '../src/formats/saved_model/bundle.js';
import { bytesSource } from '../src/formats/source.js';
import { bytesField, joined, textField, varintField } from '../src/formats/wire.js';
import { pathSource } from '../src/node/model_source.js';
import { expectSame, goldenModel, kerasFile, kerasFiles } from './helpers/foreign.js';
import { hasShared, shared } from './helpers/shared.js';
import { tableFrom } from './helpers/table.js';

const golden = (name: string) => pathSource(join(shared, 'goldens/formats', name));

describe.skipIf(!hasShared('goldens/formats'))('SavedModel folders of TensorFlow 2.4, 2.12 and 2.21', () => {
  test.each(['tf24_grey.model', 'tf212_grey.model', 'tf_keras_grey.model'])(
    '%s gives what Keras gives, and goes on as in Keras',
    async name => {
      const checkpoint = await openModel(await golden(name));
      expect(checkpoint).toMatchObject({ kind: 'savedmodel', step: 3, notes: [], untrainable: undefined });
      await expectSame(checkpoint, goldenModel(name));
    },
  );

  test.each([
    ['bad_savedmodel_crc.model', /bad_savedmodel_crc.model\/variables\/variables.data-00000-of-00001: the checksum of '[\w.]+' is wrong/],
    ['bad_savedmodel_cut.model', /variables.data-00000-of-00001 has 900 bytes, '[\w.]+' should end at byte \d+: it may be cut short/],
    ['bad_savedmodel_index.model', /variables.index is not a table of TensorFlow/],
  ])('%s is refused', async (name, message) => {
    await expect(openModel(await golden(name))).rejects.toThrow(message);
  });
});

describe('SavedModel folders with layers of all kinds, frozen ones, chains, and legacy optimizers', () => {
  const names = kerasFiles().filter(name => name.endsWith('.model'));
  test.each(names)('%s gives what Keras gives, and goes on as in Keras', async name => {
    const { content, ...wanted } = kerasFile(name);
    const checkpoint = await openModel(bytesSource(name, content));
    expect(checkpoint).toMatchObject({ step: 3, notes: [], untrainable: undefined });
    await expectSame(checkpoint, wanted);
  });
});

/** A folder whose saved_model.pb has a root object of this kind, as TensorFlow 2.4 writes it. */
function folder(identifier: string, metadata: string): ReadonlyMap<string, Uint8Array> {
  const object = bytesField(4, textField(1, identifier), textField(3, metadata));
  const graph = bytesField(2, bytesField(7, bytesField(1, object)));
  return new Map([
    [FILES.graph, graph],
    [FILES.index, tableFrom(new Map([['', varintField(1, 1)]]))],
    [FILES.data, new Uint8Array(0)],
  ]);
}

const sequential = (layers: readonly object[]): string =>
  JSON.stringify({ class_name: 'Sequential', config: { name: 's', layers }, backend: 'tensorflow' });
const DENSE = { class_name: 'Dense', config: { name: 'd', units: 2, batch_input_shape: [null, 3], activation: 'softmax' } };

test.each([
  ['no metadata', folder('_generic_user_object', ''), /^m is a SavedModel without Keras' metadata/],
  ['an object of another program', folder('_generic_user_object', '{}'), /^m is a SavedModel without Keras' metadata/],
  ['a class of its own', folder('_tf_keras_model', '{"class_name": "Mine"}'), /^m is a model of a class of its author's, 'Mine'/],
  ['metadata that is not JSON', folder('_tf_keras_sequential', '{'), /^m\/saved_model.pb: Keras' metadata of the model is not JSON/],
  [
    'a class of its own among the layers',
    folder('_tf_keras_sequential', sequential([{ ...DENSE, class_name: 'constructor' }])),
    /layer 'd' \(constructor\)/,
  ],
  ['a weight that is missing', folder('_tf_keras_sequential', sequential([DENSE])), /^m\/variables\/variables.index has no 'd.kernel'/],
])('%s is refused', async (_, files, message) => {
  await expect(openModel(bytesSource('m', files))).rejects.toThrow(message);
});

test('variables that share their bytes, so that a small folder asks for much, are refused', async () => {
  const data = new Uint8Array(24);
  const entry = joined([
    varintField(1, 1),
    bytesField(2, bytesField(2, varintField(1, 3)), bytesField(2, varintField(1, 2))),
    varintField(5, 24),
    fixed32Of(6, maskedCrc32c(data)),
  ]);
  const key = (name: string): string => `layer_with_weights-0/${name}/.ATTRIBUTES/VARIABLE_VALUE`;
  const bias = joined([
    varintField(1, 1),
    bytesField(2, bytesField(2, varintField(1, 2))),
    varintField(5, 8),
    fixed32Of(6, maskedCrc32c(data.subarray(0, 8))),
  ]);
  const index = tableFrom(
    new Map([
      ['', varintField(1, 1)],
      [key('kernel'), entry],
      [key('bias'), bias],
    ]),
  );
  const files = new Map([...folder('_tf_keras_sequential', sequential([DENSE])), [FILES.index, index], [FILES.data, data]]);
  await expect(openModel(bytesSource('m', files))).rejects.toThrow(
    'is too small for the variables that the index has: some of them overlap',
  );
});

/** A field of four bytes. */
function fixed32Of(field: number, value: number): Uint8Array {
  return Uint8Array.of(field * 8 + 5, ...new Uint8Array(Uint32Array.of(value).buffer));
}
