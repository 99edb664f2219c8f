import { WRITTEN_KINDS } from '../../formats/endings.js';
import type { ModelKind } from '../../formats/model_file.js';
import { type ExplainKind, type PictureSet, ROUTES } from '../protocol.js';
import type { Ask, PictureAsk } from './channel.js';
import { HttpError } from './http_error.js';

/** Most pictures of a gallery in one answer. */
const MOST_PICTURES = 200;

const KINDS: readonly ExplainKind[] = ['grad-cam', 'occlusion', 'neighbours'];

/** What a request asks an engine for; undefined where its path is none of these. Throws a HttpError where it can't be asked so. */
export async function askOf(
  method: string,
  path: string,
  query: URLSearchParams,
  body: () => Promise<Uint8Array>,
): Promise<Ask | undefined> {
  const get = (ask: () => Ask): Ask => {
    if (method !== 'GET') throw new HttpError(405, `${path} answers GET`);
    return ask();
  };
  switch (path) {
    case ROUTES.batch:
      return get(() => ({ what: 'batch' }));
    case ROUTES.model:
      return get(() => ({ what: 'model', kind: kindOf(query) }));
    case ROUTES.shaders:
      return get(() => ({ what: 'shaders' }));
    case ROUTES.convolutions:
      return get(() => ({
        what: 'convolutions',
        size: { side: sizeIn(query, 'side', MOST_SIDE), channels: sizeIn(query, 'channels', MOST_CHANNELS) },
      }));
    case ROUTES.picture:
      return get(() => ({ what: 'picture', set: setOf(query), index: wholeOf(query, 'index') ?? 0 }));
    case ROUTES.gallery:
      return get(() => ({ what: 'gallery', set: setOf(query), count: Math.min(wholeOf(query, 'count') ?? 24, MOST_PICTURES) }));
    case ROUTES.inspect: {
      const picture = await pictureOf(method, path, query, body);
      return {
        what: 'inspect',
        picture,
        label: wholeOf(query, 'label'),
        training: flagOf(query, 'training'),
        state: indicesOf(query, 'state'),
        layers: indicesOf(query, 'layers'),
        forward: flagOf(query, 'forward'),
      };
    }
    case ROUTES.explain: {
      const picture = await pictureOf(method, path, query, body);
      const kind = KINDS.find(each => each === (query.get('kind') ?? 'grad-cam'));
      if (!kind) throw refusal('kind', query.get('kind'), `one of ${KINDS.join(', ')}`);
      return { what: 'explain', picture, kind, layer: wholeOf(query, 'layer'), label: wholeOf(query, 'label') };
    }
    case ROUTES.move: {
      const picture = await pictureOf(method, path, query, body);
      const weight = query.get('weight') ?? '';
      if (!/^layer\d{1,4}\/\w{1,40}$/.test(weight)) throw refusal('weight', weight, 'a name as layer0/kernel');
      const one = { weight, index: wholeOf(query, 'number') ?? 0 };
      return { what: 'move', picture, label: wholeOf(query, 'label'), one, moves: movesOf(query) };
    }
    default:
      return undefined;
  }
}

/** Most moves of one request. */
const MOST_MOVES = 32;

function movesOf(query: URLSearchParams): readonly number[] {
  const text = query.get('moves') ?? '';
  const moves = text.split(',').map(each => (/^-?\d/.test(each) ? Number(each) : Number.NaN));
  if (moves.length > MOST_MOVES || !moves.every(Number.isFinite))
    throw refusal('moves', text, `up to ${MOST_MOVES} numbers, as -0.01,0.01`);
  return moves;
}

/** Characters of a parameter that a refusal shows. */
const MOST_SHOWN = 40;

function refusal(name: string, text: string | null, wanted: string): HttpError {
  const shown = text !== null && text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  return new HttpError(400, `${name} is '${shown}'; wanted ${wanted}`);
}

function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '0';
  if (text !== '0' && text !== '1') throw refusal(name, text, '0 or 1');
  return text === '1';
}

function kindOf(query: URLSearchParams): ModelKind {
  const given = query.get('kind') ?? 'safetensors';
  const kind = WRITTEN_KINDS.find(each => each === given);
  if (!kind) throw refusal('kind', given, `one of ${WRITTEN_KINDS.join(', ')}`);
  return kind;
}

function setOf(query: URLSearchParams): PictureSet {
  const set = query.get('set') ?? 'validation';
  if (set !== 'train' && set !== 'validation') throw refusal('set', set, 'train or validation');
  return set;
}

function wholeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw refusal(name, text, 'a whole number, from 0 on');
  return Number(text);
}

/** Sides of maps, and channels of a convolution that is timed: the slowest of adapters computes it in seconds. */
const MOST_SIDE = 64;
const MOST_CHANNELS = 64;

/** A size that shaders of four channels an invocation can have. */
function sizeIn(query: URLSearchParams, name: string, most: number): number {
  const size = wholeOf(query, name) ?? 0;
  if (size < 4 || size > most || size % 4 > 0) throw refusal(name, query.get(name), `a multiple of 4 up to ${most}`);
  return size;
}

/** Indices of layers; undefined for all. */
function indicesOf(query: URLSearchParams, name: string): readonly number[] | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (text === 'none') return [];
  if (!/^\d{1,4}(,\d{1,4}){0,99}$/.test(text)) throw refusal(name, text, 'indices of layers, as 0,2, or none');
  return text.split(',').map(Number);
}

async function pictureOf(method: string, path: string, query: URLSearchParams, body: () => Promise<Uint8Array>): Promise<PictureAsk> {
  if (method !== 'POST') throw new HttpError(405, `${path} answers POST`);
  const file = await body();
  const row = wholeOf(query, 'row');
  if (row !== undefined) return { row };
  const index = wholeOf(query, 'index');
  if (index !== undefined) return { set: setOf(query), index };
  if (file.length === 0) throw new HttpError(400, 'the picture is empty: send a file, or name one of the data by set and index');
  return { file };
}
