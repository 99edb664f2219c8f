import { useMemo } from 'preact/hooks';
import type { Inspection } from '../../../../inspect/types.js';
import { useInspection } from '../../state/inspection.js';
import { greyOf } from '../compute/maps.js';

/** A tensor of the shown inspection, with its shape without the batch axis. */
export interface Found {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** What the views beside a lesson show: the inspection of the chosen picture. */
export function useShown(): Inspection | undefined {
  return useInspection()?.inspection;
}

export function tensorOf(inspection: Inspection | undefined, name: string): Found | undefined {
  const tensor = inspection?.tensors[name];
  return tensor && { data: tensor.data, shape: tensor.shape.slice(1) };
}

/** One map [height, width]. */
export interface Plane {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** The shown picture in grey. */
export function useGrey(): Plane | undefined {
  const input = tensorOf(useShown(), 'input');
  return useMemo(() => {
    if (!input) return undefined;
    const [height, width, channels] = input.shape as [number, number, number];
    return { data: greyOf(input.data, height, width, channels), height, width };
  }, [input?.data]);
}

/** What a piece says while there is nothing to compute with. */
export const NOTHING_SHOWN = 'Open a model and choose a picture: this is computed from what the view shows.';
