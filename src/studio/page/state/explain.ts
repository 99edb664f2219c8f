import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ExplainInfo, type ExplainKind, type GalleryInfo, type NeighboursInfo, type PictureSet, ROUTES } from '../../protocol.js';
import { requestJson, requestTensors } from './api.js';
import { modelCount } from './live.js';
import { nameOf, type PictureChoice, pictureChoice, postOf, queryOf } from './picture.js';

/** A map of what speaks for a class, over the picture or a layer of it. */
export interface HeatMap {
  readonly info: ExplainInfo;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** What a request for an explanation of a picture consists of. */
function about(choice: PictureChoice, kind: ExplainKind, more: Readonly<Record<string, number | undefined>> = {}) {
  return [ROUTES.explain, { ...queryOf(choice), kind, ...more }, postOf(choice)] as const;
}

export async function fetchHeatMap(
  choice: PictureChoice,
  kind: 'grad-cam' | 'occlusion',
  label: number | undefined,
  layer: number | undefined,
): Promise<HeatMap> {
  const { tensors, metadata } = await requestTensors(...about(choice, kind, { label, layer: kind === 'grad-cam' ? layer : undefined }));
  const { shape, data } = tensors.get('map')!;
  const [height, width] = shape as [number, number];
  return { info: JSON.parse(metadata.wgrad!) as ExplainInfo, height, width, values: data as Float32Array };
}

export function fetchNeighbours(choice: PictureChoice): Promise<NeighboursInfo> {
  return requestJson<NeighboursInfo>(...about(choice, 'neighbours'));
}

export const fetchGallery = (set: PictureSet, count: number): Promise<GalleryInfo> => requestJson(ROUTES.gallery, { set, count });

/** What was asked for, or why it isn't there. */
export interface Asked<T> {
  readonly value?: T;
  readonly error?: string;
  readonly isWaiting: boolean;
}

/** Asks again when one of `inputs` changes; answers that come too late are dropped. `work` undefined: nothing is asked for. */
export function useAsked<T>(work: (() => Promise<T>) | undefined, inputs: readonly unknown[]): Asked<T> {
  const state = useSignal<Asked<T>>({ isWaiting: false });
  useEffect(() => {
    if (!work) return;
    let left = false;
    state.value = { ...state.peek(), isWaiting: true };
    work().then(
      value => {
        if (!left) state.value = { value, isWaiting: false };
      },
      (error: Error) => {
        if (!left) state.value = { error: error.message, isWaiting: false };
      },
    );
    return () => {
      left = true;
    };
  }, inputs);
  return state.value;
}

/** The picture's choice as an input for useAsked(). */
export const choiceKey = (): readonly unknown[] => {
  const choice = pictureChoice.value;
  return [choice && nameOf(choice), choice?.from === 'file' && choice.file, modelCount.value];
};
