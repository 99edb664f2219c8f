import { colorModeOf, fitImage } from '../../../data/resize.js';
import { compileCheckpoint, readCheckpoint } from '../../../formats/checkpoint.js';
import { inspect } from '../../../inspect/inspect.js';
import type { Inspection } from '../../../inspect/types.js';
import { ReferenceExecutor } from '../../../reference/executor.js';
import { decodeHere } from './decode.js';

/** The files that the studio opens as its small network and the first of its pictures. */
const MODEL = new URL('../../../../data/lesson.safetensors', import.meta.url);
const PICTURE = new URL('../../../../data/faces/with_mask/0.png', import.meta.url);

/** Its folder's place in the classes. */
const LABEL = 0;

export interface SmallGlance {
  readonly inspection: Inspection;
  readonly classes: readonly string[];
}

async function fetched(address: URL): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname} answers ${response.status}`);
  return response;
}

/** On their way as soon as this module is there, which is before it is known whether they are wanted. */
const files = Promise.all([fetched(MODEL), fetched(PICTURE)]);
files.catch(() => {});

/** What the small network makes of a face, by the CPU reference: there before any device or other process is. */
export async function inspectSmall(): Promise<SmallGlance> {
  const [file, picture] = await files;
  const checkpoint = readCheckpoint('the small network', new Uint8Array(await file.arrayBuffer()));
  const model = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  const [height, width, channels] = model.inputShape as [number, number, number];
  const { data } = fitImage(await decodeHere(await picture.blob()), colorModeOf(channels)!, { height, width });
  const rescale = Number(checkpoint.extra.rescale ?? 1 / 255);
  const pixels = Float32Array.from(data, byte => byte * rescale);
  const labels = Float32Array.from({ length: model.outputShape[0]! }, (_, unit) => (unit === LABEL ? 1 : 0));
  const inspection = await inspect(model, pixels, labels, { training: false });
  await model.close();
  return { inspection, classes: (checkpoint.extra.classes as readonly string[] | undefined) ?? [] };
}
