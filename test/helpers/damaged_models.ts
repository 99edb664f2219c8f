import { RandomState } from '../../src/engine/random.js';
import { sizeOf } from '../../src/engine/shape.js';
import { MEMBERS } from '../../src/formats/keras_v3/members.js';
import type { ModelKind, OpenOptions } from '../../src/formats/model_file.js';
import { openModel } from '../../src/formats/open.js';
import { fileOfModel, modelBytes } from '../../src/formats/save.js';
import { FILES } from '../../src/formats/saved_model/bundle.js';
import { rootOfMetadata } from '../../src/formats/saved_model/metadata.js';
import { readTable } from '../../src/formats/saved_model/table.js';
import { bytesSource } from '../../src/formats/source.js';
import { bytesField, textField } from '../../src/formats/wire.js';
import { writeZip, Zip } from '../../src/formats/zip.js';
import { modelConfig } from '../../src/nn/config.js';
import { ReferenceExecutor } from '../../src/reference/executor.js';
import { mutate } from '../faults/mutate.js';
import { kerasFile } from './foreign.js';
import { tableFrom } from './table.js';
import { tinyData, tinyModel } from './tiny.js';

type Content = Uint8Array | ReadonlyMap<string, Uint8Array>;

/** A good model of a kind, to be damaged. */
export interface GoodModel {
  readonly name: string;
  readonly kind: ModelKind;
  readonly content: Content;
  readonly options: OpenOptions;
}

/** Models of every kind that is read: of real Keras where a fixture has one, else our own. */
export async function goodModels(): Promise<GoodModel[]> {
  const model = await tinyModel(new ReferenceExecutor());
  await model.fit(tinyData(), { epochs: 1 });
  const file = await fileOfModel(model);
  const own = await Promise.all(
    (['safetensors', 'h5', 'tfjs'] as const).map(async kind => ({
      name: `own.${kind}`,
      kind,
      content: await modelBytes(file, kind),
      options: {},
    })),
  );
  const of = (name: string, kind: ModelKind, options: OpenOptions = {}): GoodModel => ({
    name,
    kind,
    content: kerasFile(name).content,
    options,
  });
  const whole = await openModel(bytesSource('sequential.keras', kerasFile('sequential.keras').content));
  whole.model.setTrainable(false, ['norm']);
  return [
    ...own,
    of('sequential.keras', 'keras'),
    of('chain.keras', 'keras'),
    of('sequential_tf.keras', 'keras'),
    of('sequential.weights.h5', 'weights.h5', { into: modelConfig(whole.model), compile: whole.compile }),
    of('sequential_tf.model', 'savedmodel'),
    of('chain_tf.model', 'savedmodel'),
    of('legacy_momentum_tf.model', 'savedmodel'),
  ];
}

/** What stands in place of a value of JSON. */
const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  7,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  'x',
  '__proto__',
  'constructor',
  '../x',
  [],
  {},
  [1e9, 1e9],
  [[[1]]],
  { class_name: 'Lambda', config: {} },
];

// biome-ignore lint/suspicious/noExplicitAny: JSON to be damaged anywhere.
type Json = any;

/** JSON with one value left out, put in place of another, or replaced. */
function damagedJson(text: string, random: RandomState): string {
  const json: Json = JSON.parse(text);
  const places: { readonly of: Json; readonly key: string }[] = [];
  const visit = (of: Json): void => {
    for (const key of Object.keys(of)) {
      places.push({ of, key });
      if (typeof of[key] === 'object' && of[key] !== null) visit(of[key]);
    }
  };
  visit(json);
  const { of, key } = random.choice(places);
  const other = random.choice(places);
  const how = random.interval(4);
  if (how === 0) delete of[key];
  else if (how === 1) of[key] = structuredClone(other.of[other.key]);
  else of[key] = random.choice(JUNK);
  return JSON.stringify(json);
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const mutated = (bytes: Uint8Array, random: RandomState): Uint8Array => mutate(Buffer.from(bytes), random.interval(2 ** 31 - 1));

/** Damage that the checksums around it do not show. */
function damagedWithin({ kind, content }: GoodModel, random: RandomState): Content {
  if (kind === 'keras') {
    const zip = new Zip('good', content as Uint8Array);
    const member = random.choice([MEMBERS.config, MEMBERS.config, MEMBERS.weights, MEMBERS.metadata]);
    return writeZip(
      zip.names().map(name => {
        const bytes = zip.read(name, 1e6);
        if (name !== member) return [name, bytes] as const;
        return [name, member === MEMBERS.config ? bytesOf(damagedJson(utf8(bytes), random)) : mutated(bytes, random)] as const;
      }),
    );
  }
  const files = new Map(content as ReadonlyMap<string, Uint8Array>);
  if (kind === 'tfjs') return files.set('model.json', bytesOf(damagedJson(utf8(files.get('model.json')!), random)));
  if (random.interval(1) === 0) {
    const { identifier, metadata } = rootOfMetadata('good', files.get(FILES.metadata)!)!;
    return files.set(
      FILES.metadata,
      bytesField(1, textField(3, 'root'), textField(4, identifier), textField(5, damagedJson(metadata, random))),
    );
  }
  const table = new Map(readTable('good', files.get(FILES.index)!));
  const key = random.choice([...table.keys()]);
  const how = random.interval(3);
  if (how === 0) table.delete(key);
  else if (how === 1) table.set(key, table.get(random.choice([...table.keys()]))!);
  else table.set(key, mutated(table.get(key)!, random));
  return files.set(FILES.index, tableFrom(table));
}

/** A model damaged in a way that the seed alone decides. */
export function damaged(models: readonly GoodModel[], seed: number): GoodModel {
  const random = new RandomState(seed);
  const model = models[seed % models.length]!;
  const { kind, content } = model;
  const hasWithin = kind === 'keras' || kind === 'tfjs' || kind === 'savedmodel';
  if (hasWithin && random.interval(1) === 0) return { ...model, content: damagedWithin(model, random) };
  if (!(content instanceof Map)) return { ...model, content: mutated(content as Uint8Array, random) };
  const path = random.choice([...content.keys()] as string[]);
  const bytes: Uint8Array = content.get(path);
  return { ...model, content: new Map([...content, [path, mutated(bytes, random)]]) };
}

/** What became of a damaged model. */
export interface Fate {
  readonly kind: ModelKind;
  readonly end: 'refused' | 'weights only' | 'read';
  readonly seconds: number;
  /** What is wrong with that, if anything. */
  readonly wrong: string | undefined;
}

/** Errors that nobody threw on purpose. */
const SLIPS = [TypeError, RangeError, SyntaxError, ReferenceError];

/** Opens one. It must be refused by an Error that names it, in one line, or have weights of the sizes that its layers want. */
export async function fateOf({ name, kind, content, options }: GoodModel): Promise<Fate> {
  const start = performance.now();
  let wrong: string | undefined;
  let end: Fate['end'] = 'refused';
  try {
    const { model, untrainable } = await openModel(bytesSource(name, content), options);
    end = untrainable === undefined ? 'read' : 'weights only';
    const weights = await model.getWeights();
    const odd = model.weightSpecs.find(
      ({ name: weight, shape }) => !Number.isSafeInteger(sizeOf(shape)) || weights[weight]?.length !== sizeOf(shape),
    );
    if (odd) wrong = `'${odd.name}' has shape ${odd.shape.join('x')} and ${weights[odd.name]?.length} numbers`;
  } catch (error) {
    const { message } = error as Error;
    if (SLIPS.some(slip => error instanceof slip)) wrong = `a slip: ${(error as Error).stack}`;
    else if (!message.includes(name) || /\n|undefined|\[object|NaN/.test(message)) wrong = `the message is '${message}'`;
  }
  return { kind, end, seconds: (performance.now() - start) / 1000, wrong };
}
