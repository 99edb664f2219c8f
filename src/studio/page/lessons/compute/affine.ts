import { type TransformParameters, writeTransform } from '../../../../data/transform.js';
import { TRANSFORM_LENGTH } from '../../../../ops/augment.js';
import { augment } from '../../../../reference/augment.js';

/** What the lesson's sliders set, in Keras' terms: degrees, shares of the picture's size, factors. */
export interface Change {
  readonly rotation: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly shear: number;
  readonly zoom: number;
  readonly mirror: boolean;
}

export const NO_CHANGE: Change = { rotation: 0, shiftX: 0, shiftY: 0, shear: 0, zoom: 1, mirror: false };

/** The augment kernel's row for a change: a00, a01, a10, a11, b0, b1, mirror, flip, and two effects that are off. */
export function transformOf({ rotation, shiftX, shiftY, shear, zoom, mirror }: Change, height: number, width: number): Float32Array {
  const parameters: TransformParameters = {
    theta: rotation,
    tx: shiftY * height,
    ty: shiftX * width,
    shear,
    zx: zoom,
    zy: zoom,
    flipHorizontal: mirror,
    flipVertical: false,
    channelShiftIntensity: undefined,
    brightness: undefined,
  };
  const row = new Float32Array(TRANSFORM_LENGTH);
  writeTransform(row, 0, parameters, height, width, 'keras-2.9');
  return row;
}

/** The picture [height, width, channels] under a transform's row, as the kernel for training gives it: bytes, with the edge repeated outside. */
export function transformed(
  bytes: Uint8Array,
  transforms: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): Uint8Array {
  const output = new Float32Array(bytes.length);
  augment({ pictures: bytes, transforms, output }, { batch: 1, height, width, channels, fillMode: 0, cval: 0, rescale: 1 });
  return Uint8Array.from(output, Math.round);
}
