import { signal } from '@preact/signals';
import type { MovedWeight, OneWeight } from '../../../inspect/moved_weight.js';
import { ROUTES } from '../../protocol.js';
import { requestJson } from './api.js';
import { type PictureChoice, postOf, queryOf } from './picture.js';

/** A weight moved up and down, and what the loss did. */
export interface Try {
  readonly one: OneWeight;
  /** How far it was moved to either side. */
  readonly by: number;
  readonly value: number;
  readonly loss: number;
  /** The loss with the weight moved down, and up. */
  readonly below: number;
  readonly above: number;
  /** Change of the loss from one to the other for each unit of the weight, as float32 holds both weights. */
  readonly slope: number;
  /** By backpropagation. */
  readonly gradient: number;
  /** How the loss changes on the way: moves from the weight as it is, and the changes. */
  readonly moves: readonly number[];
  readonly changes: readonly number[];
}

/** The last try is the first. */
export const tries = signal<readonly Try[]>([]);
export const moving = signal<'idle' | 'moving' | 'failed'>('idle');
export const moveTrouble = signal('');

/** How many are kept. */
const KEPT = 8;

/** Places on either side that the curve is drawn through, the farthest twice as far as the move. */
const PLACES = 12;

let latest = 0;

/** Has the other side compute the loss with the weight moved. */
export async function tryMove(choice: PictureChoice, one: OneWeight, by: number): Promise<void> {
  const ticket = ++latest;
  moving.value = 'moving';
  const far = Array.from({ length: PLACES }, (_, i) => (2 * by * (i + 1)) / PLACES);
  const wanted = [-by, by, ...far.map(move => -move).reverse(), ...far];
  const query = { ...queryOf(choice), weight: one.weight, number: one.index, moves: wanted.join() };
  try {
    const { value, loss, gradient, moved } = await requestJson<MovedWeight>(ROUTES.move, query, postOf(choice));
    if (ticket !== latest) return;
    const [below, above, ...rest] = moved as [MovedWeight['moved'][0], MovedWeight['moved'][0], ...MovedWeight['moved']];
    const path = [...rest, { value, loss }].sort((a, b) => a.value - b.value);
    const found: Try = {
      ...{ one, by, value, loss, gradient, below: below.loss, above: above.loss },
      slope: above.value === below.value ? 0 : (above.loss - below.loss) / (above.value - below.value),
      moves: path.map(each => each.value - value),
      changes: path.map(each => each.loss - loss),
    };
    tries.value = [found, ...tries.value].slice(0, KEPT);
    moving.value = 'idle';
  } catch (error) {
    if (ticket !== latest) return;
    moveTrouble.value = (error as Error).message;
    moving.value = 'failed';
  }
}

/** Forgets what was tried: it was another model's or picture's. */
export function forgetTries(): void {
  latest += 1;
  tries.value = [];
  moving.value = 'idle';
}
