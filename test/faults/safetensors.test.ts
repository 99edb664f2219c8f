import { beforeAll, expect, test } from 'vitest';
import { RandomState, setRandomSeed } from '../../src/engine/random.js';
import { readCheckpoint, writeCheckpoint } from '../../src/formats/checkpoint.js';
import { modelConfig } from '../../src/nn/config.js';
import { ReferenceExecutor } from '../../src/reference/executor.js';
import { extraOf } from '../../src/run/extra.js';
import { tinyData, tinyModel } from '../helpers/tiny.js';

// Checkpoints damaged by rule, from a seed: what is read of one is what was written, or it is refused by its name, and at once.

const SEED = 12;
const EACH = 100;
const MOST_MS = 1000;
const FILE = 'damaged.safetensors';

// biome-ignore lint/suspicious/noExplicitAny: JSON to be damaged anywhere.
type Json = any;

/** The parts of a file, to be damaged one by one. */
interface Parts {
  header: Json;
  data: Uint8Array;
}

let whole = new Uint8Array();
beforeAll(async () => {
  setRandomSeed(41);
  const model = await tinyModel(new ReferenceExecutor());
  await model.fit(tinyData(), { epochs: 1, validationData: tinyData() });
  const settings = { seed: 4, batchSize: 5, imageSize: [9, 11], loss: 'logits', compat: 'keras-2.9', augment: false };
  whole = await writeCheckpoint(model, { classes: ['a', 'b', 'c'], rescale: 1 / 255, best: 0.5, settings });
});

function partsOf(file: Uint8Array): Parts {
  const end = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  return { header: JSON.parse(new TextDecoder().decode(file.subarray(8, end))), data: file.slice(end) };
}

function fileOf(header: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

/** Damages the header, its own JSON in __metadata__, or the data. */
const inParts =
  (damage: (parts: Parts, random: RandomState) => void) =>
  (random: RandomState): Uint8Array => {
    const parts = partsOf(whole);
    damage(parts, random);
    return fileOf(JSON.stringify(parts.header), parts.data);
  };

const inEntry = (damage: (entry: Json, random: RandomState, header: Json) => void) =>
  inParts(({ header }, random) => damage(header[random.choice(tensorsOf(header))], random, header));

const tensorsOf = (header: Json): string[] => Object.keys(header).filter(name => name !== '__metadata__');

/** Damages the text of the header. */
const inText =
  (damage: (text: string, random: RandomState) => string) =>
  (random: RandomState): Uint8Array => {
    const { header, data } = partsOf(whole);
    return fileOf(damage(JSON.stringify(header), random), data);
  };

/** Damages the JSON of the checkpoint itself. */
const inCheckpoint = (damage: (json: Json, random: RandomState) => void) =>
  inParts(({ header }, random) => {
    const json = JSON.parse(header.__metadata__.wgrad);
    damage(json, random);
    header.__metadata__.wgrad = JSON.stringify(json);
  });

const setLength = (length: (real: bigint, random: RandomState) => bigint) => (random: RandomState) => {
  const file = whole.slice();
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, length(view.getBigUint64(0, true), random)), true);
  return file;
};

/** What no field takes in place of a value of its own kind. */
const JUNK: Readonly<Record<string, readonly unknown[]>> = {
  number: ['5', [], {}, true],
  string: [7, null, [], {}, false],
  boolean: ['true', 1, null, {}],
  list: [null, 'list', 3, {}],
  object: [null, 'object', 3, []],
};
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

/** A value somewhere in the checkpoint's JSON that is not free to be anything, and where it stands. */
function placeIn(json: Json, random: RandomState): { of: Json; key: string } {
  const places: { of: Json; key: string }[] = [];
  const visit = (of: Json): void => {
    // Of long lists the first few stand for all.
    for (const key of Object.keys(of).slice(0, 6)) {
      places.push({ of, key });
      if (typeof of[key] === 'object' && of[key] !== null) visit(of[key]);
    }
  };
  const { source: _, validationSource: __, ...training } = json.training;
  visit({ ...json, training });
  const place = random.choice(places);
  return place.of.format === 1
    ? { of: json, key: place.key }
    : place.of.order && place.of.numpy
      ? { of: json.training, key: place.key }
      : place;
}

/** What may be left out, or has any names. */
const OPTIONAL = ['training', 'inputShape', 'best', 'settings', 'seed', 'classes', 'rescale', 'loss', 'acc', 'val_loss', 'val_acc'];

type Rule = [what: string, damage: (random: RandomState) => Uint8Array, mayBeRead?: boolean];

const RULES: readonly Rule[] = [
  ['is cut', random => whole.slice(0, random.interval(whole.length - 1))],
  ['has bytes after it', random => Uint8Array.of(...whole, ...Array.from({ length: 1 + random.interval(9) }, () => random.interval(255)))],
  [
    'says another length of its header',
    setLength((real, random) => real + BigInt(random.interval(1) === 0 ? 1 + random.interval(40) : -1 - random.interval(40))),
  ],
  [
    'says an enormous length of its header',
    setLength((_, random) => BigInt(1 + random.interval(2 ** 31 - 1)) << BigInt(20 + random.interval(30))),
  ],
  [
    'has another byte in its header',
    random => {
      const file = whole.slice();
      const end = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
      // In the header's own JSON, not in that of the checkpoint, whose numbers may be others.
      const begin = whole.findIndex((_, i) => i > 8 && String.fromCharCode(...whole.subarray(i, i + 15)) === '"conv2d.kernel"');
      const at = begin + random.interval(end - begin - 1);
      const now = file[at]!;
      do file[at] = random.interval(255);
      while (file[at] === now);
      return file;
    },
    true,
  ],
  [
    'lacks a byte of its header',
    inText((text, random) => {
      const begin = text.indexOf('"conv2d.kernel"');
      const at = begin + random.interval(text.length - 1 - begin);
      return text.slice(0, at) + text.slice(at + 1);
    }),
    true,
  ],
  [
    'has another dtype',
    inEntry(
      (entry, random) =>
        (entry.dtype = random.choice(['F64', 'F16', 'BF16', 'I64', 'I32', 'U32', 'I16', 'U8', 'BOOL', 'f32', '', '__proto__', 5, null])),
    ),
  ],
  [
    'has another axis',
    inEntry((entry, random) => {
      const axis = random.interval(entry.shape.length - 1);
      entry.shape[axis] = random.choice([
        entry.shape[axis] + 1,
        0,
        -1,
        -entry.shape[axis],
        1.5,
        2 ** 31,
        2 ** 53,
        1e308,
        `${entry.shape[axis]}`,
        null,
        [],
      ]);
    }),
  ],
  [
    'has its axes in another order',
    inEntry((entry, random, header) => {
      const { shape } = random.choice(
        tensorsOf(header)
          .map(name => header[name])
          .filter(each => each.shape.length > 1 && new Set(each.shape).size > 1),
      );
      do
        for (let i = shape.length - 1; i > 0; i--) {
          const j = random.interval(i);
          [shape[i], shape[j]] = [shape[j], shape[i]];
        }
      while (entry && `${shape}` === `${partsOf(whole).header[tensorsOf(header).find(name => header[name].shape === shape)!].shape}`);
    }),
  ],
  ['has an axis more', inEntry((entry, random) => entry.shape.splice(random.interval(entry.shape.length), 0, 1))],
  ['has no list for a shape', inEntry((entry, random) => (entry.shape = random.choice([null, 'x', 3, {}, undefined])))],
  [
    'has other offsets',
    inEntry((entry, random) => (entry.data_offsets[random.interval(1)] += random.choice([-8, -4, -1, 1, 4, 8, 0.5, 2 ** 40, -(2 ** 40)]))),
  ],
  [
    'has a tensor elsewhere',
    inEntry((entry, random) => {
      const by = random.choice([-16, -4, -1, 1, 4, 16]);
      entry.data_offsets = entry.data_offsets.map((each: number) => each + by);
    }),
  ],
  [
    'has no two whole offsets',
    inEntry(
      (entry, random) =>
        (entry.data_offsets = random.choice([
          [],
          [0],
          [0, 4, 8],
          null,
          'x',
          {},
          undefined,
          ['0', '4'],
          [null, 4],
          entry.data_offsets.toReversed(),
        ])),
    ),
  ],
  [
    'has junk for an entry',
    inParts(({ header }, random) => (header[random.choice(tensorsOf(header))] = random.choice([null, 1, 'x', [], {}, true]))),
  ],
  ['lacks a tensor', inParts(({ header }, random) => delete header[random.choice(tensorsOf(header))])],
  [
    'lacks the last tensor and its bytes',
    inParts(parts => {
      const name = tensorsOf(parts.header).at(-1)!;
      parts.data = parts.data.slice(0, parts.header[name].data_offsets[0]);
      delete parts.header[name];
    }),
  ],
  [
    'has a tensor more',
    inParts((parts, random) => {
      const { length } = parts.data;
      parts.header[random.choice(['w', '', '__proto__x', '1', 'dense.kernel.moment2', 'dense'])] = {
        dtype: 'F32',
        shape: [1],
        data_offsets: [length, length + 4],
      };
      parts.data = Uint8Array.of(...parts.data, 0, 0, 0, 0);
    }),
  ],
  [
    'has a tensor by another name',
    inText((text, random) => {
      const name = random.choice(['conv2d.kernel', 'dense.bias.moment', 'dense_1.kernel']);
      return text.replace(
        `"${name}":`,
        `${JSON.stringify(random.choice(['__proto__', 'constructor', '', '0', 'conv2d', `${name} `, '\u001b[31m', 'ä', '\ud800']))}:`,
      );
    }),
  ],
  [
    'has a tensor twice',
    inText((text, random) => {
      const entry = random.choice([...text.matchAll(/"[\w.]+":\{"dtype":"F32".*?\}/g)])[0];
      return `{${entry},${text.slice(1)}`;
    }),
  ],
  [
    'has a field twice',
    inText((text, random) => {
      const at = random.choice([...text.matchAll(/"dtype":"F32",/g)]);
      return text.slice(0, at.index) + random.choice(['"dtype":"F32",', '"shape":[1],', '"data_offsets":[0,4],']) + text.slice(at.index);
    }),
  ],
  [
    'is nested without end',
    inText((text, random) => {
      const deep = 100 + random.interval(100_000);
      return `{"x":${'[{"a":'.repeat(deep)}1${'}]'.repeat(deep)},${text.slice(1)}`;
    }),
  ],
  [
    'has other metadata',
    inParts(
      ({ header }, random) =>
        (header.__metadata__ = random.choice([
          null,
          1,
          'x',
          [],
          ['x'],
          {},
          { wgrad: 1 },
          { wgrad: null },
          { ...header.__metadata__, n: 1 },
        ])),
    ),
  ],
  [
    'has no JSON in its metadata',
    inParts(({ header }, random) => {
      const json = header.__metadata__.wgrad;
      header.__metadata__.wgrad = random.choice([
        '',
        ' ',
        'null',
        '[]',
        '1',
        json.slice(0, random.interval(json.length - 1)),
        `${json}}`,
        `${json},`,
      ]);
    }),
  ],
  [
    'has a number that is not finite',
    inParts(({ header, data }, random) => {
      const { data_offsets } = header[random.choice(tensorsOf(header))];
      const at = data_offsets[0] + 4 * random.interval((data_offsets[1] - data_offsets[0]) / 4 - 1);
      new DataView(data.buffer, data.byteOffset).setUint32(
        at,
        random.choice([0x7fc00000, 0x7f800001, 0xff800000, 0x7f800000, 0xffffffff]),
        true,
      );
    }),
  ],
  [
    'has another kind of value in its checkpoint',
    inCheckpoint((json, random) => {
      const { of, key } = placeIn(json, random);
      of[key] = random.choice(JUNK[kindOf(of[key])]!);
    }),
  ],
  [
    'lacks a field of its checkpoint',
    inCheckpoint((json, random) => {
      let place = placeIn(json, random);
      while (Array.isArray(place.of) || OPTIONAL.includes(place.key)) place = placeIn(json, random);
      delete place.of[place.key];
    }),
  ],
  [
    'has a field more in its checkpoint',
    inCheckpoint((json, random) => {
      let { of } = placeIn(json, random);
      while (Array.isArray(of) || of === json.extra || of === json.extra.settings || of === json.training.history)
        ({ of } = placeIn(json, random));
      of[random.choice(['out', 'x', '0', ''])] = random.choice(['/tmp/x', 1, null, []]);
    }),
  ],
  [
    'has a number beyond all numbers in its checkpoint',
    inParts(({ header }, random) => {
      const json = header.__metadata__.wgrad as string;
      const numbers = [...json.matchAll(/(?<=[:[,])\d+(?=[,\]}])/g)];
      const { index, 0: found } = random.choice(numbers);
      header.__metadata__.wgrad = `${json.slice(0, index)}1e400${json.slice(index + found.length)}`;
    }),
    true,
  ],
  [
    'is spelled in another way',
    inText((text, random) => {
      const spaced = random.interval(1) === 0 ? JSON.stringify(JSON.parse(text), undefined, 1) : `${text}   \n`;
      return spaced.replace('"conv2d.kernel"', random.choice(['"conv2d\\u002ekernel"', '"conv2d.kernel" ', '"\\u0063onv2d.kernel"']));
    }),
    true,
  ],
];

/** Everything that is read of a checkpoint, to go on from it too. */
async function readAll(file: Uint8Array): Promise<string> {
  const checkpoint = readCheckpoint(FILE, file);
  const { model, compile, step, rowsTrained, training, moments } = checkpoint;
  try {
    for (const state of [training?.source, training?.validationSource]) tinyData().restore(state);
  } catch (error) {
    // A source does not know the file; `wgrad train --resume` names it.
    throw new Error(`${FILE}: ${(error as Error).message}`);
  }
  const hex = (values: Float32Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
  const weights = Object.values(await model.getWeights()).map(hex);
  return JSON.stringify([
    modelConfig(model),
    weights,
    compile,
    step,
    rowsTrained,
    training,
    extraOf(FILE, checkpoint),
    [...moments].map(([name, data]) => [name, hex(data)]),
  ]);
}

test.each<Rule>(RULES.map(([what, damage, mayBeRead = false]) => [what, damage, mayBeRead]))(
  'a checkpoint that %s is refused by its name, or read as it was',
  async (_, damage, mayBeRead) => {
    const wanted = await readAll(whole);
    const random = new RandomState(SEED);
    const wrong: string[] = [];
    for (let i = 0; i < EACH; i++) {
      const file = damage(random);
      const begin = performance.now();
      let found: string | undefined;
      try {
        found = await readAll(file);
        if (!mayBeRead) wrong.push(`${i}: it is read`);
        else if (found !== wanted) wrong.push(`${i}: another model is read`);
      } catch (error) {
        const { message } = error as Error;
        if (!message.startsWith(FILE) || /undefined|\[object|Cannot |not a function|not iterable/.test(message))
          wrong.push(`${i}: ${message}`);
      }
      if (performance.now() - begin > MOST_MS) wrong.push(`${i}: it took ${Math.round(performance.now() - begin)} ms`);
    }
    expect(wrong).toEqual([]);
  },
);
