import type { MagickError, MagickFormat } from '@imagemagick/magick-wasm';
import { MAX_PIXELS } from './limits.js';
import { wasmModule } from './wasm.js';

/** What ImageMagick reads of a file: rows of samples as they are stored, with no profile and no orientation applied. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly isCmyk: boolean;
  readonly data: Uint8Array;
  /** What was found wrong and passed over, with the place in ImageMagick's source. */
  readonly warnings: readonly string[];
}

/** Memory from which on an instance is not used again: it never shrinks. */
const MOST_MEMORY = 256 << 20;

/** What makes a file unreadable, as the codec says. */
export class Unreadable extends Error {}

type Magick = typeof import('@imagemagick/magick-wasm');

let kept: Magick | undefined;

/** What the package keeps its one instance in; emptied, it makes a new one. */
const instanceOf = ({ ImageMagick }: Magick) => ImageMagick as unknown as { _api: { readonly HEAPU8: Uint8Array } | undefined };

async function load(): Promise<Magick> {
  const module = await wasmModule('@imagemagick/magick-wasm/magick.wasm');
  const magick = await import('@imagemagick/magick-wasm');
  instanceOf(magick)._api = undefined;
  await magick.initializeImageMagick(module);
  const { ResourceLimits } = magick;
  ResourceLimits.disk = 0n;
  ResourceLimits.area = BigInt(MAX_PIXELS);
  return magick;
}

/** What a message says, without the place in ImageMagick's source. */
export const wordsOf = (message: string): string => message.replace(/ ?`.*$/s, '');

/** An error's message, and those of what led to it. */
const messagesOf = (error: MagickError): string[] => [error.message, ...error.relatedErrors.flatMap(related => messagesOf(related))];

let last: Promise<unknown> = Promise.resolve();

/**
 * Reads a file of the given format by ImageMagick in WebAssembly (15 MB, loaded when it is first needed), an animation's first picture. One file at a time. Throws Unreadable;
 * after any error but the codec's own the instance is given up.
 */
export function readSamples(file: Uint8Array, format: MagickFormat): Promise<Samples> {
  const reading = last.then(async () => {
    const magick = kept ?? (await load());
    kept = undefined;
    const { MagickImage, MagickReadSettings, MagickError: ErrorClass, ColorSpace } = magick;
    const image = MagickImage.create();
    const warnings: string[] = [];
    let isUsable = true;
    try {
      image.onWarning = ({ error }) => warnings.push(...messagesOf(error));
      image.read(file, new MagickReadSettings({ format, frameIndex: 0, frameCount: 1 }));
      const { width, height, channelCount, colorSpace } = image;
      // A copy: what getArea gives lies in the memory of the image.
      const data = new Uint8Array(image.getPixels(pixels => pixels.getArea(0, 0, width, height)));
      return { width, height, channels: channelCount, isCmyk: colorSpace === ColorSpace.CMYK, data, warnings };
    } catch (error) {
      isUsable = error instanceof ErrorClass;
      if (!(error instanceof ErrorClass || error instanceof WebAssembly.RuntimeError)) throw error;
      const isShort = /MemoryAllocation|ResourcesExhausted|Insufficient memory/.test(error.message);
      throw new Unreadable(isShort ? 'out of memory' : wordsOf(error.message), { cause: error });
    } finally {
      if (isUsable) {
        image.dispose();
        if (instanceOf(magick)._api!.HEAPU8.length <= MOST_MEMORY) kept = magick;
      }
    }
  });
  last = reading.catch(() => {});
  return reading;
}
