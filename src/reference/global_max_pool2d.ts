import type { Floats } from './values.js';

type Images = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

/** output[n, c] = max over y, x of input[n, y, x, c], and count[n, c]: how many are that large. */
export function globalMaxPool2dForward(
  { input, output, count }: Record<'input' | 'output', Floats> & { count: Uint32Array },
  { batch, height, width, channels }: Images,
): void {
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const values = Array.from({ length: height * width }, (_, place) => input[(n * height * width + place) * channels + c]!);
      const largest = values.reduce((most, value) => Math.max(most, value));
      output[n * channels + c] = largest;
      count[n * channels + c] = values.filter(value => value === largest).length;
    }
  }
}

/** All that are as large as the largest share its gradient. */
export function globalMaxPool2dBackward(
  { dOutput, input, output, count, dInput }: Record<'dOutput' | 'input' | 'output' | 'dInput', Floats> & { count: Uint32Array },
  { height, width, channels }: Images,
): void {
  const image = height * width * channels;
  for (let index = 0; index < dInput.length; index++) {
    const from = Math.floor(index / image) * channels + (index % channels);
    dInput[index] = input[index] === output[from] ? dOutput[from]! / count[from]! : 0;
  }
}
