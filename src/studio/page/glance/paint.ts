import type { Inspection } from '../../../inspect/types.js';
import { inputPicture, mapImage, pictureImage } from '../draw/canvas.js';
import { paint, type Scale, scaleOf } from '../draw/scale.js';
import type { Layout } from '../state/layout.js';
import type { PlacedStage } from './place.js';
import { largestOf } from './stages.js';

/** An image as large as its data, to be drawn at another size. */
function asCanvas(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

function cellImage(value: number, scale: Scale): ImageData {
  const image = new ImageData(1, 1);
  paint(image.data, 0, scale, value);
  return image;
}

/** The mean over the channels, as a map. */
function overChannels({ data, height, width, tiles }: Layout): Float32Array {
  const sums = new Float32Array(height * width);
  for (let i = 0; i < sums.length; i++) for (let c = 0; c < tiles; c++) sums[i]! += data[i * tiles + c]! / tiles;
  return sums;
}

function images({ stage }: PlacedStage, inspection: Inspection, layout: Layout, kind: 'values' | 'gradient'): ImageData[] {
  const { height, width } = layout;
  if (stage.form === 'picture') {
    if (kind === 'gradient') {
      const data = overChannels(layout);
      return [mapImage({ data }, height, width, signed(largestOf({ ...layout, data })))];
    }
    const [rows, columns, channels] = inspection.inputShape as [number, number, number];
    return [pictureImage(inputPicture(layout.data, [rows, columns, channels]))];
  }
  const scale = kind === 'gradient' ? signed(largestOf(layout)) : scaleOf({ data: layout.data });
  if (stage.form === 'numbers') return stage.shown.map(index => cellImage(layout.data[index]!, scale));
  return stage.shown.map(tile => mapImage(layout.slice(tile, 0), height, width, scale));
}

const signed = (most: number): Scale => ({ kind: 'signed', low: -most, high: most });

/** Draws what a stage shows into a canvas as large as its box, all on one scale. */
export function paintStage(
  canvas: HTMLCanvasElement,
  placed: PlacedStage,
  inspection: Inspection,
  layout: Layout,
  kind: 'values' | 'gradient',
): void {
  const { box, items } = placed;
  const ratio = Math.max(1, devicePixelRatio);
  canvas.width = Math.ceil(box.width * ratio);
  canvas.height = Math.ceil(box.height * ratio);
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  // A map that is drawn smaller than it is would otherwise lose all but some of its pixels.
  context.imageSmoothingEnabled = (items[0]?.width ?? 0) * ratio < layout.width;
  images(placed, inspection, layout, kind).forEach((image, i) => {
    const { left, top, width, height } = items[i]!;
    context.drawImage(asCanvas(image), left - box.left, top - box.top, width, height);
  });
}
