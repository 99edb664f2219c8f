import { sizeOf } from '../engine/shape.js';
import { list, number, text } from '../nn/json.js';
import type { LayerStack } from '../nn/layer_stack.js';
import { isObject } from './keras/values.js';
import type { Extra } from './model_file.js';

/** What of a model's extra other programs' files keep beside the model: what its pictures are. */
export function pictureExtra({ classes, rescale }: Extra): Extra {
  return { ...(Array.isArray(classes) && { classes }), ...(typeof rescale === 'number' && { rescale }) };
}

/** What this program, or another, put in a file beside the model: taken where it fits. */
export function readPictureExtra(metadata: unknown, { outputShape }: LayerStack): Extra {
  if (!isObject(metadata)) return {};
  const attempt = (work: () => object): object => {
    try {
      return work();
    } catch {
      return {};
    }
  };
  const count = Math.max(sizeOf(outputShape), 2);
  return {
    ...attempt(() => {
      const classes = list(text, count)(metadata.classes, 'classes');
      return new Set(classes).size === count ? { classes } : {};
    }),
    ...attempt(() => ({ rescale: number(-1e6, 1e6)(metadata.rescale, 'rescale') })),
  };
}
