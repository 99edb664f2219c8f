import { percent } from '../../draw/format.js';
import type { OpTime } from './timed.js';
import type { Look } from './tiny.js';

/** The share of a step that convolutions take. */
export const convolutionShare = (times: readonly OpTime[], ms: number): number =>
  times.filter(({ op }) => op.startsWith('conv2d')).reduce((sum, { ms: own }) => sum + own, 0) / ms;

/** Shares of dead units by layer: 'conv2d 0 %, dense 17 %'. */
export const deadWords = ({ norms }: Look): string => norms.dead.map(({ layer, share }) => `${layer} ${percent(share, 0)}`).join(', ');

/** How many validation faces lie on the wrong side of the border; they are by turns of the first class and the second. */
export function wrongSide({ units, border: { a, b, c } }: NonNullable<Look['plane']>): number {
  let wrong = 0;
  for (let i = 0; 2 * i < units.length; i++) if (a * units[2 * i]! + b * units[2 * i + 1]! + c > 0 !== (i % 2 === 0)) wrong++;
  return wrong;
}
