import { useEffect, useState } from 'preact/hooks';
import type { PictureSet } from '../../protocol.js';
import { type Picture as Bytes, fetchPicture } from '../state/api.js';
import { modelCount } from '../state/live.js';
import { Picture } from './picture.js';

/** Pictures of the data that were fetched lately: galleries show the same ones again and again. */
const kept = new Map<string, Promise<Bytes>>();
const KEPT = 300;

function pictureOf(set: PictureSet, index: number): Promise<Bytes> {
  // Another model has other pictures, or the same at another size.
  const key = `${modelCount.value} ${set}:${index}`;
  let found = kept.get(key);
  if (!found) {
    found = fetchPicture(set, index).then(({ picture }) => picture);
    kept.set(key, found);
    found.catch(() => kept.delete(key));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  }
  return found;
}

/** A picture of the data by its number. */
export function Thumbnail({ set, index, label }: { readonly set: PictureSet; readonly index: number; readonly label: string }) {
  const [picture, setPicture] = useState<Bytes | undefined>(undefined);
  useEffect(() => {
    let left = false;
    pictureOf(set, index).then(
      found => !left && setPicture(found),
      () => {},
    );
    return () => {
      left = true;
    };
  }, [set, index, modelCount.value]);
  return picture ? <Picture picture={picture} label={label} /> : <span class="placeholder" role="img" aria-label={label} />;
}
