import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DataframeOptions, imageDataGenerator } from '../src/data/directory.js';
import type { Row } from '../src/data/table.js';
import { packageRoot } from '../src/node/paths.js';
import { fixtureJson } from './helpers/shared.js';

const faces = join(packageRoot, 'data/faces');

interface Case {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly options: {
    readonly seed?: number;
    readonly shuffle?: boolean;
    readonly class_mode?: DataframeOptions['classMode'];
    readonly classes?: readonly string[];
    readonly x_col?: string;
    readonly y_col?: string | readonly string[];
    readonly weight_col?: string;
    readonly subset?: 'training' | 'validation';
    readonly split?: number;
  };
  readonly said: string;
  readonly warned: readonly string[];
  readonly filenames: readonly string[];
  readonly classIndices: Readonly<Record<string, number>> | null;
  readonly batches: readonly { sums: number[]; labels: (number | boolean)[] | (number | boolean)[][] | null; weights: number[] | null }[];
}

describe("a table's images", () => {
  test.each(fixtureJson<Case[]>('dataframe.json'))("are Keras': $name", async ({ rows, options, ...wanted }) => {
    const notes: string[] = [];
    const generator = imageDataGenerator({ validationSplit: options.split });
    const { iterator, found } = await generator.readDataframe(rows, {
      directory: faces,
      targetSize: [8, 8],
      batchSize: 5,
      seed: options.seed,
      subset: options.subset,
      classes: options.classes,
      xCol: options.x_col,
      yCol: options.y_col,
      weightCol: options.weight_col,
      onNote: note => notes.push(note),
      ...(options.shuffle !== undefined && { shuffle: options.shuffle }),
      ...(options.class_mode !== undefined && { classMode: options.class_mode }),
    });
    expect(found).toBe(wanted.said);
    // Keras says nothing of labels that may be meant otherwise.
    expect(notes.filter(note => note.includes('ignored'))).toEqual(wanted.warned);
    expect(iterator.filenames).toEqual(wanted.filenames);
    expect(Object.fromEntries(iterator.classIndices)).toEqual(wanted.classIndices ?? {});
    wanted.batches.forEach((batch, i) => {
      if (i > 0 && i % iterator.length === 0) iterator.onEpochEnd();
      const own = iterator.batch(i % iterator.length);
      const size = own.images.length / iterator.batchSize;
      const sums = batch.sums.map((_, row) => own.images.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + value, 0));
      expect(own.rows).toBe(batch.sums.length);
      expect(sums).toEqual(batch.sums);
      const labels = batch.labels?.flat().map(Number);
      expect(own.labels && [...own.labels.subarray(0, labels?.length)]).toEqual(labels);
      expect(own.weights && [...own.weights.subarray(0, own.rows)]).toEqual(batch.weights ?? undefined);
    });
  });
});

describe('a file of labels', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wgrad-table-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = async (name: string, content: string | Uint8Array, options: DataframeOptions = {}) => {
    const file = join(folder, name);
    await writeFile(file, content);
    const all = { directory: faces, targetSize: [8, 8], shuffle: false, onNote: () => {}, ...options } as const;
    return imageDataGenerator().flowFromDataframe(file, all);
  };
  const two = 'filename,class\nwith_mask/0.png,"yes, a mask"\nwithout_mask/1.png,no\n';
  const utf16 = (text: string, isBig: boolean): Buffer => {
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    return isBig ? little.swap16() : little;
  };

  test.each<[string, string, string | Uint8Array]>([
    ['commas and quotes', 'a.csv', two],
    ['a byte order mark and Windows line ends', 'b.csv', `\ufeff${two.replaceAll('\n', '\r\n')}\r\n`],
    ['semicolons', 'c.csv', 'filename;class\nwith_mask/0.png;yes, a mask\nwithout_mask/1.png;no'],
    ['quotes within cells', 'm.csv', two.replace('no\n', 'n"o\n').replace('yes, a mask', 'yes, a ""mask')],
    [
      'JSON lines by another name',
      'n.json',
      '{"filename":"with_mask/0.png","class":"yes, a mask"}\n{"filename":"without_mask/1.png","class":"no"}\n',
    ],
    ['rows of nothing at the end', 'l.csv', `${two},\n ,\n`],
    ['mixed line ends and empty lines', 'i.csv', `\n\n${two.replace('\n', '\r\n')}\n`],
    ['columns without a name', 'j.csv', 'filename;class;;\r\nwith_mask/0.png;yes, a mask;;\r\nwithout_mask/1.png;no;;\r\n'],
    ["Excel's first line", 'k.csv', `sep=,\r\n${two}`],
    ['tabs', 'd.tsv', 'filename\tclass\nwith_mask/0.png\tyes, a mask\nwithout_mask/1.png\tno\n'],
    ['UTF-16', 'e.csv', utf16(two, false)],
    ['UTF-16, the other way round', 'f.csv', utf16(two, true)],
    ['JSON lines', 'g.jsonl', '{"filename":"with_mask/0.png","class":"yes, a mask"}\n\n{"filename":"without_mask/1.png","class":"no"}\n'],
    ['absolute paths', 'h.csv', two.replace('with_mask/0', join(faces, 'with_mask/0'))],
  ])('with %s is read', async (_, name, content) => {
    const data = await read(name, content);
    expect(data.classNames.map(label => label.replace('"', ''))).toEqual(['no', 'yes, a mask']);
    expect(data.classes).toEqual([1, 0]);
  });

  test.each<[string, string, string | Uint8Array, RegExp, DataframeOptions?]>([
    [
      'no such column',
      'a.csv',
      'file,label\na.png,x\n',
      /a\.csv has no column 'filename' \(files: xCol, --file-column\); its columns: 'file', 'label'$/,
    ],
    ['an empty label', 'b.csv', `${two}with_mask/2.png,\n`, /b\.csv, line 4: column 'class' holds nothing; wanted text/],
    ['no line that names the columns', 'q.csv', 'with_mask/0.png,yes\n', /q\.csv has no rows; wanted a first line that names the columns/],
    [
      'no line that names the columns of several',
      'r.csv',
      'with_mask/0.png,yes\nwith_mask/1.png,no\n',
      /no column 'filename' .*its columns: 'with_mask\/0\.png', 'yes'\. Its first line is to name the columns$/,
    ],
    [
      'a number of another base',
      's.csv',
      `${two}a.png,0x10\n`.replace('"yes, a mask"', '1').replace('no', '2'),
      /line 4: .*holds "0x10"; wanted a number/,
      { classMode: 'raw' },
    ],
    [
      'a number that is none',
      't.csv',
      'filename,class\na.png,nan\n',
      /line 2: column 'class' holds "nan"; wanted a number/,
      { classMode: 'raw' },
    ],
    [
      'an object for a label',
      'u.jsonl',
      '{"filename":"a.png","class":{"name":"cat"}}\n',
      /line 1: column 'class' holds {"name":"cat"}; wanted text/,
    ],
    ['a list for one label', 'v.jsonl', '{"filename":"a.png","class":["cat"]}\n', /holds \["cat"\]; wanted text$/, { classMode: 'sparse' }],
    ['several outputs', 'w.csv', two, /'multi_output' is for models of several outputs/, { classMode: 'multi_output' as 'raw' }],
    ['images for labels', 'x.csv', two, /'input' has the images themselves for labels/, { classMode: 'input' as 'raw' }],
    ['a JSON list', 'y.json', '[{"filename":"a.png","class":"x"}]', /y\.json is a JSON list; wanted CSV, or one JSON object per line/],
    ['a header alone', 'c.csv', 'filename,class\n', /c\.csv has no rows; wanted a first line that names the columns/],
    ['nothing', 'd.csv', '', /d\.csv has no rows/],
    ['a cell too many', 'e.csv', `${two}a.png,b,c\n`, /e\.csv, line 4: found 3 cells, wanted 2/],
    ['an open quote', 'f.csv', `${two}"a.png,b\n`, /f\.csv: Quote Not Closed.*line 4/],
    ['two columns of a name', 'g.csv', 'filename,class,class\na,b,c\n', /g\.csv, line 1: two columns are named 'class'/],
    ['bytes that are no text', 'h.csv', Uint8Array.of(0x66, 0xe9, 0x0a), /h\.csv is not text in UTF-8/],
    ['numbers as labels in JSON', 'i.jsonl', '{"filename":"a.png","class":3}\n', /i\.jsonl, line 1: column 'class' holds 3; wanted text/],
    ['no JSON', 'j.jsonl', 'filename,class\n', /j\.jsonl, line 1: .*wanted a JSON object/],
    ['no number', 'k.csv', two, /k\.csv, line 2: column 'class' holds "yes, a mask"; wanted a number/, { classMode: 'raw' }],
    ['a weight that is none', 'l.csv', two, /l\.csv, line 2: column 'class' holds .*; wanted a number/, { weightCol: 'class' }],
    ['three classes for two', 'm.csv', `${two}x.png,z\n`, /'class' has 3 classes; classMode 'binary' wants 2/, { classMode: 'binary' }],
    [
      'files that are nowhere',
      'n.csv',
      'filename,class\nx.png,a\ny.png,b\n',
      /n\.csv: none of its 2 rows is an image .*'x\.png' is not a file.*column 'filename'/,
    ],
    ['names without an ending', 'o.csv', 'filename,class\nx,a\n', /the first: 'x' is not named as an image/],
    ['labels of other classes', 'p.csv', two, /none has a label of classes: z/, { classes: ['z'] }],
  ])('with %s is refused', async (_, name, content, message, options) => {
    await expect(read(name, content, options)).rejects.toThrow(message);
  });

  test.each<[string, string, readonly string[], RegExp | undefined]>([
    ['named as what is missing', 'class', ['NA', 'cat'], /^Class 'NA' is a class like others: where it means that a label is missing/],
    ['apart by spaces', 'class', ['cat', ' cat'], /^Classes ' cat', 'cat' differ only by spaces around them\.$/],
    ['that are like no others', 'class', ['cat', 'dog'], undefined],
  ])('with labels %s says so', async (_, column, labels, said) => {
    const notes: string[] = [];
    const rows = labels.map((label, i) => `with_mask/${i}.png,${label}\n`).join('');
    const data = await read('notes.csv', `filename,${column}\n${rows}`, { onNote: note => notes.push(note) });
    expect([...data.classNames].sort()).toEqual([...labels].sort());
    if (said) expect(notes).toEqual([expect.stringMatching(said)]);
    else expect(notes).toEqual([]);
  });

  test('with one file in rows of different classes says so, and splits no file by the seed', async () => {
    const notes: string[] = [];
    const twice = `filename,class\n${[0, 1, 2, 3].map(i => `with_mask/${i}.png,a\nwith_mask/${i}.png,b\nwith_mask/${i}.png,a\n`).join('')}`;
    const file = join(folder, 'twice.csv');
    await writeFile(file, twice);
    const generator = imageDataGenerator({ validationSplit: 0.4, splitSeed: 1 });
    const parts = (['training', 'validation'] as const).map(async subset => {
      const options = { directory: faces, targetSize: [8, 8], subset, onNote: (note: string) => notes.push(note) } as const;
      return (await generator.flowFromDataframe(file, options)).filenames;
    });
    const [training, validation] = (await Promise.all(parts)) as [string[], string[]];
    expect(notes[0]).toBe(
      "4 files are in rows of different classes, each of which counts as an image; the first: 'with_mask/0.png' (a, b).",
    );
    expect(training.length + validation.length).toBe(12);
    expect(validation.length).toBeGreaterThan(0);
    expect(validation.filter(name => training.includes(name))).toEqual([]);
  });

  test('whose numbers or weights have changed is another to a run that goes on', async () => {
    const table = (x: number, w: number) => `filename,x,w\nwith_mask/0.png,1,1\nwith_mask/1.png,${x},${w}\n`;
    const of = (x: number, w: number) => read('numbers.csv', table(x, w), { classMode: 'raw', yCol: 'x', weightCol: 'w' });
    const before = (await of(2, 1)).save();
    (await of(2, 1)).restore(before);
    for (const other of [await of(3, 1), await of(2, 0.5)])
      expect(() => other.restore(before)).toThrow('the run had 2 pictures, there are 2 now: some with other names or labels');
  });

  test('with numbers as pandas reads them is read', async () => {
    const cells = ['1e3', ' 5 ', '+5', '5.', '.5', '1E+3', '-0', 'True', 'false'];
    const rows = cells.map((cell, i) => `with_mask/${i % 5}.png,${cell}\n`).join('');
    const data = await read('cells.csv', `filename,class\n${rows}`, { classMode: 'raw' });
    expect(data.batch(0).labels!.slice(0, cells.length)).toEqual(Float32Array.of(1000, 5, 5, 5, 0.5, 1000, -0, 1, 0));
  });

  test('rows that are none are refused', async () => {
    await expect(imageDataGenerator().flowFromDataframe([])).rejects.toThrow('the table has no rows; wanted one for each image');
    const rows = [{ filename: 'a.png', class: 'a' }, null] as unknown as Row[];
    await expect(imageDataGenerator().flowFromDataframe(rows)).rejects.toThrow('row 1 of the table is nothing; wanted an object');
  });

  test('that is not there is refused', async () => {
    await expect(imageDataGenerator().flowFromDataframe(join(folder, 'none.csv'))).rejects.toThrow(/cannot read the table .*none\.csv/);
  });
});
