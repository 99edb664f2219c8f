import type { ModelFile, WriteModelFile } from '../model_file.js';
import { writeOnnx } from './write.js';

/** A model as an ONNX file, with what is known of its pictures and classes as metadata. It holds nothing of training. */
export const writeOnnxFile: WriteModelFile = async (file, { onnx, version }) => {
  const metadata = { ...pictureMetadata(file), weights_sha256: await hashOf(file) };
  return writeOnnx(file.model, file.weights, { input: onnx, version, metadata });
};

/** Keys without spaces, which some programs can't read. */
function pictureMetadata({ model: { inputShape }, extra: { classes, rescale } }: ModelFile): Record<string, string> {
  const [height, width, channels] = inputShape;
  const colorMode = channels === 1 ? 'grayscale' : channels === 4 ? 'rgba' : 'rgb';
  return {
    ...(Array.isArray(classes) && { classes: JSON.stringify(classes) }),
    ...(inputShape.length === 3 && { image_size: `${height}x${width}`, color_mode: colorMode }),
    ...(typeof rescale === 'number' && { rescale: `${rescale}` }),
  };
}

/** SHA-256 of all weights' bytes, in the model's order: files of the same weights have the same. */
async function hashOf({ weights }: ModelFile): Promise<string> {
  const bytes = new Uint8Array(await new Blob([...weights.values()] as Float32Array<ArrayBuffer>[]).arrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
