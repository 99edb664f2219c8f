import { colorModeOf, fitImage } from '../../../data/resize.js';
import { compileCheckpoint, readCheckpoint } from '../../../formats/checkpoint.js';
import { inspect } from '../../../inspect/inspect.js';
import { prediction } from '../../../inspect/mistakes.js';
import type { Inspection } from '../../../inspect/types.js';
import type { Sequential } from '../../../nn/model.js';
import { type WantedParts, wantOf } from '../../engine/wanted.js';
import { type ModelSummary, ROUTES } from '../../protocol.js';
import { fetchBatch, fetchPicture, requestBytes } from '../state/api.js';
import { modelCount, run } from '../state/live.js';
import type { PictureChoice } from '../state/picture.js';
import { decodeHere } from './decode.js';
import { openExecutor } from './device.js';

let held: { readonly key: string; readonly model: Sequential } | undefined;

/** The studio's model, brought here once for each of its states. */
async function modelHere({ step }: ModelSummary): Promise<Sequential> {
  const executor = await openExecutor();
  const key = `${modelCount.value} ${run.value?.step ?? step}`;
  if (held?.key === key) return held.model;
  const bytes = await requestBytes(ROUTES.model);
  await held?.model.close();
  held = undefined;
  const model = await compileCheckpoint(readCheckpoint(ROUTES.model, bytes), executor);
  held = { key, model };
  return model;
}

interface Shown {
  readonly bytes: Uint8Array;
  readonly label?: number;
}

async function pictureOf(choice: PictureChoice, [height, width, channels]: readonly number[]): Promise<Shown> {
  if (choice.from === 'file') {
    return { bytes: fitImage(await decodeHere(choice.file), colorModeOf(channels!)!, { width: width!, height: height! }).data };
  }
  if (choice.from === 'batch') {
    const { pictures, labels } = await fetchBatch();
    const picture = pictures[choice.row];
    if (!picture) throw new Error(`The last batch has ${pictures.length} pictures.`);
    return { bytes: picture.data, label: labels[choice.row]!.indexOf(1) };
  }
  const { picture, info } = await fetchPicture(choice.from, choice.index);
  return { bytes: picture.data, label: info.label };
}

/** An inspection computed in this page. Without a label, that of the picture's folder is taken, or for a file the class that the network gives. */
export async function inspectHere(
  summary: ModelSummary,
  choice: PictureChoice,
  label: number | undefined,
  training: boolean,
  wanted: WantedParts,
): Promise<{ readonly inspection: Inspection; readonly machine: string }> {
  const model = await modelHere(summary);
  const { executor } = model.compiled;
  const { bytes, label: own } = await pictureOf(choice, model.inputShape);
  const pixels = Float32Array.from(bytes, byte => byte * summary.rescale);
  const units = model.outputShape[0]!;
  const truth = label ?? own ?? prediction(await model.predict({ x: pixels }), model.compiled.loss).predicted;
  const labels = units === 1 ? Float32Array.of(truth) : Float32Array.from({ length: units }, (_, unit) => (unit === truth ? 1 : 0));
  return {
    inspection: await inspect(model, pixels, labels, { training, want: wantOf(model, wanted) }),
    machine: `${executor.description}, in this browser`,
  };
}
