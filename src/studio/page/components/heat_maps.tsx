import { useMemo } from 'preact/hooks';
import { cutMiddle } from '../../../data/cut.js';
import { inputPicture, pictureImage, useDrawing } from '../draw/canvas.js';
import { number } from '../draw/format.js';
import { paint, rangeOf, type Scale } from '../draw/scale.js';
import type { Picture } from '../state/api.js';
import { choiceKey, fetchHeatMap, type HeatMap, useAsked } from '../state/explain.js';
import { inspected } from '../state/inspection.js';
import { model } from '../state/live.js';
import { pictureChoice } from '../state/picture.js';
import { choose, params } from '../state/route.js';
import { Legend } from './legend.js';

/** Grad-CAM from 0 up; occlusion to both sides, as hiding a part may also help. */
function scaleFor({ info, values }: HeatMap): Scale {
  const [low, high] = rangeOf({ data: values });
  if (info.kind === 'grad-cam') return { kind: 'magnitude', low: 0, high: high || 1 };
  const most = Math.max(-low, high) || 1;
  return { kind: 'signed', low: -most, high: most };
}

/** The map over the grey picture, interpolated between its places. */
function overlay({ height, width, channels, data }: Picture, map: HeatMap, scale: Scale): ImageData {
  const grow = Math.max(1, Math.round(260 / width));
  const image = new ImageData(width * grow, height * grow);
  const color = new Uint8ClampedArray(4);
  const at = (y: number, x: number): number =>
    map.values[Math.min(map.height - 1, Math.max(0, y)) * map.width + Math.min(map.width - 1, Math.max(0, x))]!;
  for (let y = 0; y < image.height; y++) {
    const mapY = ((y + 0.5) / image.height) * map.height - 0.5;
    const top = Math.floor(mapY);
    for (let x = 0; x < image.width; x++) {
      const mapX = ((x + 0.5) / image.width) * map.width - 0.5;
      const left = Math.floor(mapX);
      const [down, right] = [mapY - top, mapX - left];
      const value =
        (at(top, left) * (1 - right) + at(top, left + 1) * right) * (1 - down) +
        (at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right) * down;
      paint(color, 0, scale, value);
      const pixel = (Math.floor(y / grow) * width + Math.floor(x / grow)) * channels;
      const grey = channels < 3 ? data[pixel]! : 0.299 * data[pixel]! + 0.587 * data[pixel + 1]! + 0.114 * data[pixel + 2]!;
      const to = 4 * (y * image.width + x);
      for (let c = 0; c < 3; c++) image.data[to + c] = 0.45 * grey + 0.55 * color[c]!;
      image.data[to + 3] = 255;
    }
  }
  return image;
}

interface HeatProps {
  readonly title: string;
  readonly text: string;
  readonly kind: 'grad-cam' | 'occlusion';
  readonly picture: Picture | undefined;
  readonly layer?: number | undefined;
}

function Heat({ title, text, kind, picture, layer }: HeatProps) {
  const choice = pictureChoice.value;
  const label = params.value.class === undefined ? undefined : Number(params.value.class);
  const asked = useAsked(choice && (() => fetchHeatMap(choice, kind, label, layer)), [...choiceKey(), kind, label, layer]);
  const map = asked.value;
  const scale = useMemo(() => map && scaleFor(map), [map]);
  const image = useMemo(() => map && picture && scale && overlay(picture, map, scale), [map, picture, scale]);
  const ref = useDrawing(
    context => {
      if (image) context.putImageData(image, 0, 0);
      else if (picture) context.putImageData(pictureImage(picture), 0, 0);
    },
    [image, picture],
  );
  const name = map && (model.value?.classes[map.info.classIndex] ?? `class ${map.info.classIndex}`);
  const found = map && strongest(map, model.value?.layers[map.info.layer ?? 0]?.name ?? 'the layer');
  return (
    <figure class="stack heat" aria-busy={asked.isWaiting}>
      <figcaption>
        <h3>{title}</h3>
        <p class="small quiet">{text}</p>
      </figcaption>
      {picture && (
        <canvas
          ref={ref}
          width={image?.width ?? picture.width}
          height={image?.height ?? picture.height}
          class={asked.isWaiting ? 'waiting' : ''}
          role="img"
          aria-label={map ? `${title} for ${name}: ${found}` : title}
        />
      )}
      {map && scale && (
        <>
          <Legend scale={scale} label={`for ${cutMiddle(name!, 24)}`} />
          <p class="small quiet">{found}</p>
        </>
      )}
      {asked.error && <p class="notice trouble">{asked.error}</p>}
    </figure>
  );
}

/** Where a map is strongest, in words. */
function strongest({ info, values, width, height }: HeatMap, layer: string): string {
  const [low, high] = rangeOf({ data: values });
  if (low === 0 && high === 0) {
    return info.kind === 'grad-cam'
      ? `0 everywhere: no channel of ${layer} is evidence for this class here. Choose another layer or class.`
      : '0 everywhere: hiding a part changes nothing for this class.';
  }
  const index = values.indexOf(high);
  const [row, column] = [Math.floor(index / width), index % width];
  const third = (at: number, of: number, names: readonly [string, string, string]): string =>
    names[Math.min(2, Math.floor((3 * at) / of))]!;
  const place = `${third(row, height, ['top', 'middle', 'bottom'])} ${third(column, width, ['left', 'centre', 'right'])}`;
  return `strongest ${number(high, 3)} at row ${row}, column ${column} of ${height} × ${width} (${place})`;
}

/** What in the picture is evidence for a class, shown in two ways. */
export function HeatMaps() {
  const inspection = inspected.value?.inspection;
  const input = inspection?.tensors.input;
  const picture = useMemo(
    () => input && inspection && inputPicture(input.data, inspection.inputShape as unknown as [number, number, number]),
    [input],
  );
  const layers = model.value?.layers ?? [];
  const layer = params.value.layer === undefined ? undefined : Number(params.value.layer);
  const mapped = layers.flatMap(({ name, outputShape }, index) => (outputShape.length === 3 ? [{ name, index }] : []));
  return (
    <section class="card stack" aria-label="What it looks at">
      <div class="row spread">
        <h2>What it looks at</h2>
        <div class="row small">
          <label>
            <span class="quiet">evidence for</span>
            <select value={params.value.class ?? ''} onChange={event => choose({ class: event.currentTarget.value || undefined })}>
              <option value="">the predicted class</option>
              {(model.value?.classes ?? []).map((name, index) => (
                <option key={name} value={index}>
                  {cutMiddle(name, 40)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="quiet">in layer</span>
            <select value={params.value.layer ?? ''} onChange={event => choose({ layer: event.currentTarget.value || undefined })}>
              <option value="">the last convolution</option>
              {mapped.map(({ name, index }) => (
                <option key={name} value={index}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      <div class="heats">
        <Heat
          title="Grad-CAM"
          text="The layer's channels, each weighted by how much the class' logit grows with it."
          kind="grad-cam"
          picture={picture}
          layer={layer}
        />
        <Heat
          title="Occlusion"
          text="How much less likely the class is when a grey patch hides a part: orange parts are evidence for it, blue ones against it."
          kind="occlusion"
          picture={picture}
        />
      </div>
    </section>
  );
}
