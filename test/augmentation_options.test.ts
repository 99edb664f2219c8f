import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addRunOptions } from '../src/cli/options.js';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageDataGeneratorOptions } from '../src/data/generator.js';
import { setRandomSeed } from '../src/engine/random.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { augmentationIn, withAugmentation } from '../src/run/augmentation_file.js';
import { checkRun, readyRun } from '../src/run/readying.js';
import { wgrad } from './helpers/cli.js';
import { trainingFolders } from './helpers/pictures.js';

const { train, validation, work } = await trainingFolders(6, 3);

const folders = ['--train', train, '--validation', validation, '--image-size', '20x20', '--seed', '5'];

/** What the pictures of a run are, as far as they are drawn before the first batch: a key of what is done on the device, and the batch's draws. */
async function runOf(...flags: string[]): Promise<unknown[]> {
  const command = new Command();
  const options = addRunOptions(command);
  command.parse([...folders, ...flags], { from: 'user' });
  const given = await withAugmentation(options.values(), options.isGiven);
  const ready = await readyRun(await checkRun(given, () => {}), new ReferenceExecutor(), () => {});
  const { images, transforms, files } = ready.data.batch(0);
  await ready.model.close();
  return [ready.data.key, files, images, transforms];
}

async function libraryOf(options: ImageDataGeneratorOptions): Promise<unknown[]> {
  setRandomSeed(5);
  const generator = imageDataGenerator({ rescale: 1 / 255, ...options });
  const data = await generator.flowFromDirectory(train, { targetSize: [20, 20], batchSize: 10 });
  const { images, transforms, files } = data.batch(0);
  return [data.key, files, images, transforms];
}

const ALL = {
  rotationRange: 25,
  widthShiftRange: [2, 4],
  heightShiftRange: 3,
  shearRange: 10,
  zoomRange: [0.8, 1.3],
  channelShiftRange: 20,
  brightnessRange: [0.5, 1.5],
  horizontalFlip: true,
  verticalFlip: true,
  fillMode: 'constant',
  cval: 128,
} as const;

describe("a run's pictures are those of the library's generator with the same options", () => {
  test.each<[string, string[], ImageDataGeneratorOptions]>([
    [
      'all of them',
      [
        ...[
          '--rotation',
          '25',
          '--width-shift',
          '2,4',
          '--height-shift',
          '3',
          '--shear',
          '10',
          '--zoom',
          '0.8,1.3',
          '--channel-shift',
          '20',
        ],
        ...['--brightness', '0.5,1.5', '--horizontal-flip', '--vertical-flip', '--fill-mode', 'constant', '--cval', '128'],
      ],
      ALL,
    ],
    ['one: the others do nothing', ['--zoom', '0.4'], { zoomRange: 0.4 }],
    ['none', ['--no-augment'], {}],
    [
      "none given: the program's own",
      [],
      {
        ...{ rotationRange: 40, widthShiftRange: 0.2, heightShiftRange: 0.2, shearRange: 0.2, zoomRange: 0.2 },
        ...{ horizontalFlip: true, fillMode: 'nearest' },
      },
    ],
  ])('%s', async (_, flags, options) => {
    expect(await runOf(...flags)).toEqual(await libraryOf(options));
  });

  test("from a file by Keras' names, with an option that counts more", async () => {
    const file = join(work, 'keras.json');
    const keras = {
      ...{ rotation_range: 25, width_shift_range: [2, 4], height_shift_range: 3, shear_range: 10, zoom_range: [0.8, 1.3] },
      ...{ channel_shift_range: 20.0, brightness_range: [0.5, 1.5], horizontal_flip: true, vertical_flip: true, fill_mode: 'constant' },
      ...{ cval: 100, featurewise_center: false, preprocessing_function: null, data_format: null, validation_split: 0.0 },
    };
    await writeFile(file, JSON.stringify(keras));
    expect(await runOf('--augmentation', file, '--cval', '128')).toEqual(await libraryOf(ALL));
  });
});

describe('a file of augmentation', () => {
  test('may have our names', () => {
    expect(augmentationIn('{"zoomRange": 0.2, "horizontalFlip": false}', 'a')).toEqual({ zoomRange: 0.2, horizontalFlip: false });
  });

  test.each([
    ['[]', 'a is a list of 0, wanted an object'],
    ['{', 'a is not JSON'],
    ['{}', 'a changes nothing: leave it out, or use --no-augment'],
    ['{"horizontal_flip": false}', 'a changes nothing'],
    ['{"rotation": 40}', "a has an entry 'rotation': wanted rotation_range, width_shift_range, "],
    ['{"constructor": 40}', "a has an entry 'constructor': wanted rotation_range"],
    ['{"rotation_range": "40"}', "a: rotation_range is '40', wanted a number from 0 to 360"],
    ['{"rotation_range": -5}', 'a: rotation_range is -5, wanted a number from 0 to 360'],
    ['{"zoom_range": [1, 2, 3]}', 'a: zoom_range is a list of 3, wanted two numbers, LOW,HIGH'],
    ['{"brightness_range": 0.2}', 'a: brightness_range is 0.2, wanted two numbers, LOW,HIGH'],
    ['{"fill_mode": "mirror"}', "a: fill_mode is 'mirror', wanted 'nearest' or 'constant' or 'reflect' or 'wrap'"],
    ['{"horizontal_flip": 1}', 'a: horizontal_flip is 1, wanted true or false'],
    ['{"zoom_range": 0.1, "zoomRange": 0.2}', 'a: it has zoom_range and zoomRange, which are one'],
    ['{"zoom_range": 0.1, "featurewise_center": true}', 'a: featurewise_center is true, wanted false'],
    ['{"zoom_range": 0.1, "rescale": 0.004}', "a has an entry 'rescale': it is not of augmentation"],
  ])('%s is refused', (text, message) => {
    expect(() => augmentationIn(text, 'a')).toThrow(message);
  });
});

describe('wgrad train', () => {
  const arguments_ = (out: string, ...more: string[]): string[] => [
    ...['train', '--train', train, '--validation', validation, '--no-tune', '--out', join(work, out), ...more],
  ];

  test.each([
    [['--rotation', 'x'], "option '--rotation <degrees>' argument 'x' is invalid. wanted a number from 0 to 360."],
    [['--brightness', '1'], "option '--brightness <low,high>' argument '1' is invalid. wanted two numbers, LOW,HIGH."],
    [['--zoom', '0.5,'], "option '--zoom <f>' argument '0.5,' is invalid. wanted a number from 0 to 100."],
    [['--fill-mode', 'mirror'], 'wanted nearest, constant, reflect or wrap.'],
    [['--augmentation', ''], "option '--augmentation <file>' is empty"],
  ])('%j is wrong usage', async (given, message) => {
    const { code, stderr } = await wgrad(arguments_('usage', ...given));
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test.each([
    [['--no-augment', '--zoom', '0.2'], '--zoom changes pictures at random and --no-augment leaves them as they are: give one of them'],
    [['--augmentation', join(work, 'none.json')], `cannot read ${join(work, 'none.json')}: it does not exist`],
  ])('%j is refused', async (given, message) => {
    const { code, stderr } = await wgrad(arguments_('refused', ...given));
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test('a run that goes on keeps them, and its history says which', async () => {
    const own = ['--image-size', '20x20', '--seed', '5', '--rotation', '30', '--vertical-flip'];
    const last = join(work, 'own', 'last.safetensors');
    expect((await wgrad(arguments_('own', '--epochs', '1', ...own))).code).toBe(0);
    const refused = await wgrad(arguments_('own', '--epochs', '2', '--resume', last, '--rotation', '40'));
    expect(refused.stderr).toContain(`--rotation is 40, the run in ${last} has 30: leave the option out`);
    const without = await wgrad(arguments_('own', '--epochs', '2', '--resume', last, '--zoom', '0.2'));
    expect(without.stderr).toContain(`--zoom is 0.2, the run in ${last} began without it: leave the option out`);
    const resumed = await wgrad(arguments_('own', '--epochs', '2', '--resume', last));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect((await wgrad(arguments_('whole', '--epochs', '2', ...own))).code).toBe(0);
    const [one, other] = await Promise.all(['own', 'whole'].map(name => readFile(join(work, name, 'last.safetensors'))));
    expect(one!.equals(other!)).toBe(true);
    const { augmentation } = JSON.parse(await readFile(join(work, 'own', 'history.json'), 'utf8'));
    expect(augmentation).toEqual({ rotationRange: 30, verticalFlip: true });
  });
});
