import { readPixels } from '../../data/pixels.js';
import { plain } from '../../data/plain.js';
import { streams } from '../../engine/random.js';
import { sizeOf } from '../../engine/shape.js';
import { type StoredTensor, writeSafetensors } from '../../formats/safetensors.js';
import { inspectionBytes } from '../../inspect/bytes.js';
import { byClass, prediction } from '../../inspect/mistakes.js';
import { moveWeight } from '../../inspect/moved_weight.js';
import type { ResolvedLoss } from '../../nn/losses.js';
import { withRecovery } from '../../nn/recovery.js';
import type { BatchInfo, DataSummary, ModelSummary, PictureInfo } from '../protocol.js';
import type { Answer, Ask, PictureAsk } from './channel.js';
import { convolutions } from './convolutions.js';
import { checkLayer, explain } from './explain.js';
import { gallery } from './gallery.js';
import { HttpError } from './http_error.js';
import { Inspectors } from './inspectors.js';
import { LiveRun } from './live.js';
import { modelIn } from './model_in.js';
import { augmentedRow, augmentedRows, decodeFor, toBytes } from './pictures.js';
import type { ModelPicture, SessionParts } from './session_parts.js';
import { shadersInfo } from './shader_info.js';
import { dataSummary, modelSummary } from './summary.js';
import { wantOf } from './wanted.js';

/** One compiled model with its pictures: answers what pages ask of them, between the steps where it is being trained. */
export class Session {
  readonly parts: SessionParts;
  readonly #live: LiveRun;
  readonly #inspectors: Inspectors;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.#inspectors = new Inspectors(parts.model);
    this.#live = parts.live ?? new LiveRun({ send: () => {}, signal: new AbortController().signal });
  }

  get summary(): ModelSummary {
    const { model, from, classes, rescale } = this.parts;
    return modelSummary(model, { from, classes, rescale });
  }

  get data(): DataSummary {
    return dataSummary(this.parts.sets);
  }

  /** Answers when no step is under way. What it computes leaves no trace: neither in the model nor in the streams that the next steps draw from. */
  answer(ask: Ask): Promise<Answer> {
    // These two need no device, or one that is not computing anything else.
    if (ask.what === 'picture') return this.#picture(ask.set, ask.index);
    return this.#live.do(async () => {
      const { numpy, python } = { numpy: streams.numpy.state, python: streams.python.state };
      try {
        const compute = () => withRecovery(this.parts.model, 'while the page was answered', () => this.#compute(ask));
        return await this.parts.untuned(compute);
      } finally {
        streams.numpy.state = numpy;
        streams.python.state = python;
      }
    });
  }

  /** Resolves when no request is being computed. */
  idle(): Promise<void> {
    return this.#live.end();
  }

  /** Waits for that, and gives back what the model has on the device. */
  async close(): Promise<void> {
    await this.idle();
    this.#inspectors.release();
    await this.parts.model.close();
    for (const set of Object.values(this.parts.sets)) await set?.images.close();
  }

  async #compute(ask: Exclude<Ask, { readonly what: 'picture' }>): Promise<Answer> {
    const { model, extra } = this.parts;
    switch (ask.what) {
      case 'batch':
        return this.#batch();
      case 'model':
        return modelIn(ask.kind, model, extra);
      case 'shaders':
        return { ...(await shadersInfo(this.parts)) };
      case 'convolutions':
        return { ...(await convolutions(model.compiled.executor, ask.size)) };
      case 'gallery':
        return gallery(this.parts, ask.set, ask.count);
      case 'inspect': {
        for (const layer of [...(ask.state ?? []), ...(ask.layers ?? [])]) checkLayer(this.parts, layer);
        const { pixels, labels } = await this.#labelled(ask);
        const { training, layers, state, forward } = ask;
        const key = JSON.stringify([training, layers, state, forward]);
        const options = { training, want: wantOf(model, ask), keeps: !this.#live.isTraining || this.#live.isPaused };
        return inspectionBytes(await this.#inspectors.inspect(key, pixels, labels, options));
      }
      case 'explain': {
        const { pixels } = await this.#pictureOf(ask.picture);
        if (ask.label !== undefined) this.#oneHot(ask.label);
        return explain(this.parts, pixels, ask);
      }
      case 'move': {
        const { pixels, labels } = await this.#labelled(ask);
        return { ...(await moveWeight(model, pixels, labels, ask.one, ask.moves).catch(refuseRange)) };
      }
    }
  }

  async #picture(set: 'train' | 'validation', index: number): Promise<Answer> {
    const { bytes, info } = await this.#stored(set, index);
    const picture = { shape: this.parts.model.inputShape, data: bytes };
    return writeSafetensors({ tensors: [['picture', picture]], metadata: { wgrad: JSON.stringify(info) } });
  }

  async #stored(set: 'train' | 'validation', index: number): Promise<{ readonly bytes: Uint8Array; readonly info: PictureInfo }> {
    const found = this.parts.sets[set];
    if (!found) throw new HttpError(404, `the studio has no ${set} pictures`);
    const { images } = found.images;
    if (index >= images.classes.length) throw new HttpError(404, `the ${set} data has ${images.classes.length} pictures, from 0 on`);
    const bytes = await readPixels(images.pixels, [index]);
    return { bytes, info: { set, index, file: plain(images.filenames[index]!), label: images.classes[index]! } };
  }

  async #batch(): Promise<Answer> {
    const { model, classes } = this.parts;
    const { batch, rows, pictures } = await augmentedRows(this.parts, this.#live.last);
    const units = sizeOf(model.outputShape);
    const byRows = (of: Float32Array, loss: ResolvedLoss): StoredTensor => {
      const all = Array.from({ length: rows }, (_, row) => byClass(of.subarray(row * units, (row + 1) * units), loss));
      return { shape: [rows, all[0]!.length], data: Float32Array.from(all.flat()) };
    };
    const { loss } = model.compiled;
    const info: BatchInfo = { step: this.#live.last!.step, classes, files: batch.files };
    const { rescale } = this.parts;
    const tensors = {
      pictures: { shape: [rows, ...model.inputShape], data: toBytes(pictures, rescale) },
      predictions: byRows(await model.predict({ x: pictures }), loss),
      labels: byRows(batch.labels!.slice(0, rows * units), { ...loss, fromLogits: false }),
    };
    return writeSafetensors({ tensors: Object.entries(tensors), metadata: { wgrad: JSON.stringify(info) } });
  }

  async #pictureOf({ file, set, index, row }: PictureAsk): Promise<ModelPicture> {
    const { rescale } = this.parts;
    if (row !== undefined) return augmentedRow(this.parts, this.#live.last, row);
    const scaled = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, byte => byte * rescale);
    if (set !== undefined) {
      const { bytes, info } = await this.#stored(set, index!);
      return { pixels: scaled(bytes), label: info.label };
    }
    const bytes = await decodeFor(this.parts, file!).catch((error: Error) => {
      throw new HttpError(400, `the picture can't be read: ${error.message}`);
    });
    return { pixels: scaled(bytes), label: undefined };
  }

  /** A picture with the label that was asked for, else its own, else the class that the model gives. */
  async #labelled({ picture, label: wanted }: { readonly picture: PictureAsk; readonly label?: number | undefined }) {
    const { model } = this.parts;
    const { pixels, label } = await this.#pictureOf(picture);
    const truth = wanted ?? label ?? prediction(await model.predict({ x: pixels }), model.compiled.loss).predicted;
    return { pixels, labels: this.#oneHot(truth) };
  }

  #oneHot(label: number): Float32Array {
    const units = sizeOf(this.parts.model.outputShape);
    if (label >= Math.max(units, 2)) throw new HttpError(400, `label is ${label}; the model has ${Math.max(units, 2)} classes, from 0 on`);
    return units === 1 ? Float32Array.of(label) : Float32Array.from({ length: units }, (_, unit) => (unit === label ? 1 : 0));
  }
}

/** What was asked for is not in the model. */
function refuseRange(error: unknown): never {
  throw error instanceof RangeError ? new HttpError(400, error.message) : error;
}
