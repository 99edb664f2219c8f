import { readSafetensors, type StoredTensor, writeSafetensors } from '../formats/safetensors.js';
import type { InspectedTensor, Inspection, InspectionHead } from './types.js';

/** The JSON beside the numbers: the head, and which names share another's numbers under a shape of their own. */
interface Header {
  readonly head: InspectionHead;
  readonly shared: Readonly<Record<string, { readonly of: string; readonly shape: readonly number[] }>>;
}

/** An inspection as one safetensors file. Numbers that several names share are in it once. */
export function inspectionBytes({ tensors, ...head }: Inspection): Uint8Array<ArrayBuffer> {
  const stored = new Map<string, StoredTensor>();
  const shared: Record<string, { of: string; shape: readonly number[] }> = {};
  const first = new Map<InspectedTensor['data'], string>();
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const of = first.get(data);
    if (of !== undefined) shared[name] = { of, shape };
    else {
      first.set(data, name);
      stored.set(name, { shape, data });
    }
  }
  return writeSafetensors({ tensors: stored, metadata: { wgrad: JSON.stringify({ head, shared } satisfies Header) } });
}

/** Reads what inspectionBytes() wrote. `name` is for error messages. */
export function readInspection(name: string, bytes: Uint8Array): Inspection {
  const { tensors: stored, metadata } = readSafetensors(name, bytes);
  if (metadata.wgrad === undefined) throw new Error(`${name} is not an inspection: its header has no entry 'wgrad'`);
  const { head, shared } = JSON.parse(metadata.wgrad) as Header;
  const tensors: Record<string, InspectedTensor> = {};
  for (const [tensor, { shape, data }] of stored) {
    tensors[tensor] = { name: tensor, shape, data: data as InspectedTensor['data'] };
  }
  for (const [tensor, { of, shape }] of Object.entries(shared)) tensors[tensor] = { ...tensors[of]!, name: tensor, shape };
  return { ...head, tensors };
}
