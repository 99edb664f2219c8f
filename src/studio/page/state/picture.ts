import { computed, signal } from '@preact/signals';
import type { PictureQuery, PictureSet } from '../../protocol.js';
import type { Post } from './link.js';
import { data } from './live.js';
import { params } from './route.js';

/** Which picture is looked at: one of the data, a row of the last batch, or a file that was given. */
export type PictureChoice =
  | { readonly from: PictureSet; readonly index: number }
  | { readonly from: 'batch'; readonly row: number }
  | { readonly from: 'file'; readonly file: Blob; readonly name: string };

/** The file that was dropped, chosen or taken with the camera. It stays in the page, and goes nowhere but to the studio's server. */
export const given = signal<{ readonly file: Blob; readonly name: string } | undefined>(undefined);

/** The choice in the address: 'validation:3', 'train:0', 'batch:2' or 'file'; without it, the first of the data. */
export const pictureChoice = computed((): PictureChoice | undefined => {
  const [from, index] = (params.value.picture ?? '').split(':');
  const at = Math.max(0, Math.floor(Number(index ?? 0)) || 0);
  // A file is this page's alone: in another, its address names none.
  if (from === 'file') return given.value && { from, ...given.value };
  if (from === 'batch') return { from, row: at };
  if (from === 'train' || from === 'validation') return { from, index: at };
  const set = data.value?.sets.find(({ name }) => name === 'validation') ?? data.value?.sets[0];
  return set && { from: set.name, index: 0 };
});

/** The choice as a request says it. */
export function queryOf(choice: PictureChoice): PictureQuery {
  if (choice.from === 'file') return {};
  return choice.from === 'batch' ? { row: choice.row } : { set: choice.from, index: choice.index };
}

/** What the request carries. */
export const postOf = (choice: PictureChoice): Post => (choice.from === 'file' ? { body: choice.file } : {});

/** The same for the address. */
export function nameOf(choice: PictureChoice): string {
  if (choice.from === 'file') return 'file';
  return choice.from === 'batch' ? `batch:${choice.row}` : `${choice.from}:${choice.index}`;
}
