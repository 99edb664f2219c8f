import { basename, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ImageDataGenerator } from '../data/generator.js';
import type { ImageIterator, ImageSet } from '../data/iterator.js';
import { readPixels } from '../data/pixels.js';
import { plain } from '../data/plain.js';
import { convertColor } from '../data/resize.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { type Collected, collect } from '../inspect/collect.js';
import { type GradCam, gradCam, mappedLayer } from '../inspect/grad_cam.js';
import { byClass, confusionGallery, indexOfLargest, type Judgement, judge, scores, topLosses } from '../inspect/mistakes.js';
import { featureLayer, type Neighbour, nearest } from '../inspect/neighbours.js';
import { type Occlusion, occlusion } from '../inspect/occlusion.js';
import type { Sequential } from '../nn/model.js';
import { checkFree, ensureWritable, writeAtomically } from '../node/files.js';
import { StatusLine } from '../node/terminal.js';
import { type DeviceOptions, withExecutor } from '../run/device.js';
import type { LabelOptions } from '../run/labels.js';
import { openForUse } from '../run/open_for_use.js';
import { readFiles, readFolderFor } from '../run/reading.js';
import { classesOf, type UseOptions } from '../run/use.js';
import { listed } from '../run/words.js';
import type { RgbImage } from './canvas.js';
import { action, percent, printJson } from './common.js';
import { overlayPng, picturePng, rangeOf, sheetPng, shortNumber, thumbnailPng } from './explain_pictures.js';
import { type DataReport, type Figure, type PictureReport, reportHtml } from './explain_report.js';
import { addDeviceOptions, addLabelOptions, addMemoryOptions, addUseOptions, integer } from './options.js';

interface ExplainOptions extends DeviceOptions, LabelOptions, UseOptions {
  readonly out: string;
  readonly layer?: number;
  readonly class?: string;
  readonly data?: string;
  readonly skipBroken?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function addExplain(program: Command): void {
  const command = program
    .command('explain <model> <files...>')
    .description('show where a network looks in image files (Grad-CAM, occlusion) and its mistakes in a folder of classes')
    .requiredOption('--out <dir>', 'folder for the pictures and report.html')
    .option('--layer <n>', 'layer for Grad-CAM, counted from 0 as in `wgrad summary` (default: the last convolution)', integer(0))
    .option('--class <name>', 'class to explain (default: the predicted one)')
    .option('--data <dir>', 'folder with one subfolder per class: mistakes, largest losses and nearest neighbours')
    .option('--skip-broken', 'leave out images that cannot be read')
    .option('--overwrite', 'overwrite the files of an earlier explanation')
    .option('--json', 'print one JSON object per file');
  addDeviceOptions(addMemoryOptions(addLabelOptions(addUseOptions(command)))).action(action(explain));
}

/** Images computed at a time. */
const BATCH_SIZE = 10;
/** Pictures of a gallery at most. */
const GALLERY = 12;
const NEIGHBOURS = 6;
/** Characters of a file's name that its pictures' names keep: file systems allow 255 bytes. */
const LONGEST_STEM = 50;

/** Names of what is written besides each picture's. */
const REPORT = 'report.html';
const LARGEST_LOSSES = 'largest-losses.png';
const MISTAKES = 'mistakes.png';

/** A file to be written: the report has its picture too. */
interface Output {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** What was found out about a file's picture. */
interface Finding {
  readonly file: string;
  readonly picture: RgbImage;
  readonly probs: readonly number[];
  readonly cam: GradCam;
  readonly hidden: Occlusion;
  readonly neighbours: readonly Neighbour[];
}

/** A folder's pictures, and what the model makes of them. */
interface Folder {
  readonly folder: string;
  readonly data: ImageIterator;
  readonly collected: Collected;
  readonly judgements: readonly Judgement[];
}

async function explain(file: string, paths: string[], options: ExplainOptions): Promise<void> {
  const used = await openForUse(file, options);
  const { checkpoint, rescale } = used;
  await ensureWritable(options.out);
  checkLayer(checkpoint.model, options.layer);
  if (options.labels !== undefined && options.data === undefined)
    throw new Error('--labels is of the images in a folder: give it by --data, too');
  const images = await readFiles(used, paths, options);
  const names = images.filenames.flatMap((path, i) => Object.values(pictureNames(i, path)));
  for (const name of [REPORT, LARGEST_LOSSES, MISTAKES, ...names])
    checkFree(join(options.out, name), options.overwrite, 'give another --out');
  const folder = options.data === undefined ? undefined : await readFolderFor(used, options.data, { ...options, batchSize: BATCH_SIZE });
  const classes = folder?.classes ?? classesOf(used);
  const classIndex = options.class === undefined ? undefined : classes.indexOf(options.class);
  if (classIndex === -1) throw new Error(`--class is '${options.class}', the model's classes are ${listed(classes)}`);
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(checkpoint, executor);
    const layer = featureLayer(model);
    const found = folder && { folder: options.data!, ...(await judged(model, folder.data, layer)) };
    const findings = await findOut(model, images, rescale, { layer: options.layer, classIndex, folder: found });
    await model.close();
    const { outputs, pictures } = await describe(model, findings, classes, found);
    if (found) outputs.push(...(await sheets(found, classes.length)));
    const report = reportHtml(`What ${basename(file)} sees`, pictures, found && (await dataReport(options.data!, found, classes)));
    await Promise.all([images.pixels.close?.(), found?.data.close()]);
    outputs.push({ name: REPORT, content: report });
    for (const { name, content } of outputs) await writeAtomically(join(options.out, name), content);
    for (const [i, { label, probs }] of pictures.entries()) {
      const { file: path, cam, neighbours } = findings[i]!;
      const near = neighbours.map(({ index, distance }) => ({ file: found!.data.filenames[index]!, distance }));
      const { neighbours: sheet, ...names } = pictureNames(i, path);
      const written = near.length > 0 ? { ...names, neighbours: sheet } : names;
      const explained = { class: classes[cam.classIndex]!, layer: cam.layer };
      if (options.json) printJson({ file: path, label, probs, explained, pictures: written, ...(found && { neighbours: near }) });
      else console.log(`${plain(path)}: ${plain(label)} (${percent(Math.max(...probs.values()))})`);
    }
    if (options.json) printJson({ report: join(options.out, REPORT), files: outputs.map(({ name }) => name) });
    else console.log(`Wrote ${join(options.out, REPORT)} and ${outputs.length - 1} pictures.`);
  });
}

function checkLayer(model: Sequential, layer: number | undefined): void {
  try {
    mappedLayer(model, layer);
  } catch (error) {
    throw new Error(layer === undefined ? (error as Error).message : `--layer ${layer}: ${(error as Error).message}`);
  }
}

async function judged(model: Sequential, data: ImageIterator, layer: number | undefined): Promise<Omit<Folder, 'folder'>> {
  const collected = await collect(model, data, layer);
  return { data, collected, judgements: judge(model.compiled.loss, collected) };
}

const rgbOf = ({ height, width, channels }: ImageSet, data: Uint8Array): RgbImage =>
  convertColor({ width, height, channels: channels as 1 | 3 | 4, data }, 'rgb');

const pictureOf = async (images: ImageSet, index: number): Promise<RgbImage> => rgbOf(images, await readPixels(images.pixels, [index]));

interface FindOptions {
  readonly layer: number | undefined;
  readonly classIndex: number | undefined;
  readonly folder: Folder | undefined;
}

async function findOut(
  model: Sequential,
  images: ImageSet,
  rescale: number,
  { layer, classIndex, folder }: FindOptions,
): Promise<Finding[]> {
  const status = new StatusLine();
  const { pixels, filenames } = images;
  const queries = folder && (await featuresOf(model, images, rescale));
  const findings: Finding[] = [];
  for (let first = 0; first < filenames.length; first += BATCH_SIZE) {
    const rows = filenames.slice(first, first + BATCH_SIZE).map((_, i) => first + i);
    const bytes = await readPixels(pixels, rows);
    const x = Float32Array.from(bytes, byte => byte * Math.fround(rescale));
    const cams = await gradCam(model, x, { layer, classIndex });
    for (const [i, row] of rows.entries()) {
      status.show(`Hiding parts of image ${row + 1} of ${filenames.length}`);
      const cam = cams[i]!;
      const [begin, end] = [i * pixels.size, (i + 1) * pixels.size];
      const hidden = await occlusion(model, x.subarray(begin, end), { classIndex: cam.classIndex, batchSize: BATCH_SIZE });
      const isItself = (index: number): boolean => resolve(folder!.folder, folder!.data.filenames[index]!) === resolve(filenames[row]!);
      const neighbours = folder && queries ? nearest(folder.collected.features, queries[row]!, NEIGHBOURS, isItself) : [];
      const picture = rgbOf(images, bytes.subarray(begin, end));
      findings.push({ file: filenames[row]!, picture, probs: byClass(cam.probabilities, model.compiled.loss), cam, hidden, neighbours });
    }
  }
  status.clear();
  return findings;
}

/** What the model's feature layer gives for each image; nothing where it has no such layer. */
async function featuresOf(model: Sequential, images: ImageSet, rescale: number): Promise<Float32Array[] | undefined> {
  const layer = featureLayer(model);
  if (layer === undefined) return undefined;
  const source = new ImageDataGenerator({ rescale }).flow(images, { batchSize: BATCH_SIZE, shuffle: false, classMode: null });
  const { features, width } = await collect(model, source, layer);
  return images.filenames.map((_, i) => features.subarray(i * width, (i + 1) * width));
}

/** File names of a picture's PNGs: they begin with its place in the command, as two files may have one name. */
function pictureNames(index: number, file: string): Record<'input' | 'gradCam' | 'occlusion' | 'neighbours', string> {
  const stem = basename(file, extname(file)).replace(/[^\p{L}\p{N}._-]+/gu, '_');
  const name = (what: string): string => `${index + 1}-${stem.slice(0, LONGEST_STEM)}.${what}.png`;
  return { input: name('input'), gradCam: name('grad-cam'), occlusion: name('occlusion'), neighbours: name('neighbours') };
}

/** The pictures of each file, as files and in the report. */
async function describe(
  model: Sequential,
  findings: readonly Finding[],
  classes: readonly string[],
  folder: Folder | undefined,
): Promise<{ readonly outputs: Output[]; readonly pictures: PictureReport[] }> {
  const outputs: Output[] = [];
  const pictures: PictureReport[] = [];
  for (const [i, { file, picture, probs, cam, hidden, neighbours }] of findings.entries()) {
    const names = pictureNames(i, file);
    const name = classes[cam.classIndex]!;
    const layer = model.layers[cam.layer]!.name;
    const [overCam, overHidden] = [
      { ...cam, scale: 'viridis' },
      { ...hidden, scale: 'diverging' },
    ] as const;
    const most = rangeOf(overCam);
    const { high: fall } = rangeOf(overHidden);
    const figures: Figure[] = [
      {
        png: picturePng(picture),
        alt: `${file} as the network sees it`,
        caption: `As the network sees it: ${picture.width}x${picture.height} pixels.`,
      },
      {
        png: overlayPng(picture, overCam),
        alt: `Grad-CAM of ${file}`,
        caption:
          most.high > 0
            ? `Grad-CAM of ${layer} for ${name}: from 0 (violet) to ${shortNumber(most.high)}${most.isCut ? ' and more' : ''} (yellow).`
            : `Grad-CAM of ${layer} for ${name}: nothing in this layer is evidence for it.`,
      },
      {
        png: overlayPng(picture, overHidden),
        alt: `Occlusion map of ${file}`,
        caption: `Change of ${name}'s ${percent(hidden.probability)} when ${hidden.patch}x${hidden.patch} pixels about a place are hidden: vermilion where it falls, by up to ${shortNumber(fall)}, blue where it rises.`,
      },
    ];
    [names.input, names.gradCam, names.occlusion].forEach((output, k) => {
      outputs.push({ name: output, content: figures[k]!.png });
    });
    const near = await Promise.all(
      neighbours.map(async ({ index, distance }) => ({ index, distance, picture: await pictureOf(folder!.data.images, index) })),
    );
    if (near.length > 0) {
      const sheet = sheetPng(near.map(each => ({ picture: each.picture, number: shortNumber(each.distance) })));
      outputs.push({ name: names.neighbours, content: sheet });
    }
    pictures.push({
      file,
      label: classes[indexOfLargest(probs)]!,
      probs: new Map(classes.map((each, u) => [each, probs[u]!])),
      figures,
      neighbours: near.map(({ index, distance, picture: other }) => ({
        png: thumbnailPng(other),
        alt: folder!.data.filenames[index]!,
        caption: `${folder!.data.filenames[index]}, distance ${shortNumber(distance)}`,
      })),
    });
  }
  return { outputs, pictures };
}

/** The folder's mistakes, most confident first, and largest losses as files of their own. */
async function sheets({ data, judgements }: Folder, classes: number): Promise<Output[]> {
  const sheet = async (name: string, shown: readonly Judgement[], number: (judgement: Judgement) => string): Promise<Output> => {
    const pictures = shown.map(async each => ({ picture: await pictureOf(data.images, each.index), number: number(each) }));
    return { name, content: sheetPng(await Promise.all(pictures)) };
  };
  const mistakes = judgements.filter(({ label, predicted }) => label !== predicted);
  const worst = await sheet(LARGEST_LOSSES, topLosses(judgements, GALLERY), ({ loss }) => shortNumber(loss));
  if (mistakes.length === 0) return [worst];
  const confident = confusionGallery(mistakes, classes)
    .flat(2)
    .sort((a, b) => b.confidence - a.confidence);
  return [worst, await sheet(MISTAKES, confident.slice(0, GALLERY), ({ confidence }) => `${(100 * confidence).toFixed(1)}%`)];
}

async function dataReport(folder: string, { data, judgements }: Folder, classes: readonly string[]): Promise<DataReport> {
  const figure = async ({ index, label, predicted, confidence, loss }: Judgement): Promise<Figure> => ({
    png: thumbnailPng(await pictureOf(data.images, index)),
    alt: data.filenames[index]!,
    caption: `${data.filenames[index]}: ${percent(confidence)} ${classes[predicted]}${label === predicted ? '' : `, is ${classes[label]}`}, loss ${shortNumber(loss)}`,
  });
  const figures = (shown: readonly Judgement[]): Promise<Figure[]> => Promise.all(shown.map(figure));
  return {
    folder,
    samples: judgements.length,
    ...scores(judgements),
    classes,
    cells: await Promise.all(
      confusionGallery(judgements, classes.length).map(row =>
        Promise.all(row.map(async cell => ({ count: cell.length, figures: await figures(cell.slice(0, GALLERY)) }))),
      ),
    ),
    topLosses: await figures(topLosses(judgements, GALLERY)),
  };
}
