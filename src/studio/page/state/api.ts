import { readSafetensors, type SafetensorsFile } from '../../../formats/safetensors.js';
import { type BatchInfo, type PictureInfo, type PictureSet, ROUTES } from '../../protocol.js';

/** A picture as bytes [height, width, channels]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

type Query = Readonly<Record<string, string | number | undefined>>;

export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]));
  return given.length > 0 ? `.${path}?${search}` : `.${path}`;
}

/** The server's answer; throws what it says where it refuses. */
export async function request(path: string, query: Query = {}, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(address(path, query), init);
  if (response.ok) return response;
  const body = (await response.json().catch(() => undefined)) as { readonly error?: string } | undefined;
  throw new Error(body?.error ?? `the server answers ${response.status}`);
}

export async function requestJson<T>(path: string, query: Query = {}): Promise<T> {
  return (await request(path, query)).json() as Promise<T>;
}

/** The bytes of the server's answer. They are taken in as they come: arrayBuffer() would hold the page up for as long as a large answer takes to copy. */
export async function requestBytes(path: string, query: Query = {}, init: RequestInit = {}): Promise<Uint8Array> {
  const { headers, body } = await request(path, query, init);
  const length = Number(headers.get('content-length'));
  const bytes = new Uint8Array(length);
  const reader = body!.getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length <= length) bytes.set(part.value, at);
    at += part.value.length;
  }
  if (at !== length) throw new Error(`the answer has ${at} bytes, its header says ${length}: the connection broke off`);
  return bytes;
}

export async function requestTensors(path: string, query: Query = {}, init: RequestInit = {}): Promise<SafetensorsFile> {
  return readSafetensors(path, await requestBytes(path, query, init));
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
