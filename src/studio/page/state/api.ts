import { readSafetensors, type SafetensorsFile } from '../../../formats/safetensors.js';
import { type BatchInfo, type PictureInfo, type PictureSet, ROUTES } from '../../protocol.js';
import type { Post, Query } from './link.js';
import { link } from './linked.js';

/** A picture as bytes [height, width, channels]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

export async function requestJson<T>(path: string, query: Query = {}, post?: Post): Promise<T> {
  return (await link.request(path, query, post)) as T;
}

export async function requestBytes(path: string, query: Query = {}, post?: Post): Promise<Uint8Array> {
  return (await link.request(path, query, post)) as Uint8Array;
}

export async function requestTensors(path: string, query: Query = {}, post?: Post): Promise<SafetensorsFile> {
  return readSafetensors(path, await requestBytes(path, query, post));
}

/** A picture of the data, with its file and label. */
export async function fetchPicture(set: PictureSet, index: number): Promise<{ readonly picture: Picture; readonly info: PictureInfo }> {
  const { tensors, metadata } = await requestTensors(ROUTES.picture, { set, index });
  const { shape, data } = tensors.get('picture')!;
  const [height, width, channels] = shape as [number, number, number];
  return { picture: { height, width, channels, data: data as Uint8Array }, info: JSON.parse(metadata.wgrad!) as PictureInfo };
}

/** The batch of the last step: pictures as augmented, what the network says of them, and what they are. */
export interface LastBatch {
  readonly info: BatchInfo;
  readonly pictures: readonly Picture[];
  readonly predictions: readonly Float32Array[];
  readonly labels: readonly Float32Array[];
}

export async function fetchBatch(): Promise<LastBatch> {
  const { tensors, metadata } = await requestTensors(ROUTES.batch);
  const pictures = tensors.get('pictures')!;
  const [rows, height, width, channels] = pictures.shape as [number, number, number, number];
  const size = height * width * channels;
  const bytes = pictures.data as Uint8Array;
  const rowsOf = (name: string): Float32Array[] => {
    const { shape, data } = tensors.get(name)!;
    return Array.from({ length: rows }, (_, i) => (data as Float32Array).subarray(i * shape[1]!, (i + 1) * shape[1]!));
  };
  return {
    info: JSON.parse(metadata.wgrad!) as BatchInfo,
    pictures: Array.from({ length: rows }, (_, i) => ({ height, width, channels, data: bytes.subarray(i * size, (i + 1) * size) })),
    predictions: rowsOf('predictions'),
    labels: rowsOf('labels'),
  };
}
