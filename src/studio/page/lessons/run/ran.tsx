import type { ConvolutionWay } from '../../../protocol.js';
import { count, number, percent } from '../../draw/format.js';
import { type Try, tries } from '../../state/moved.js';
import { patched } from '../../state/ways.js';
import type { PatchWay } from '../compute/winograd_patch.js';
import { Shown } from '../said.js';
import { convolutionShare, deadWords, wrongSide } from './figures.js';
import { type TinyRun, tiny } from './runs.js';
import { chosenOf } from './settings.js';

/** What the lesson's text takes from the run beside it, as the run's view writes it, once it is known. */
export function Ran({ of }: { readonly of: (run: TinyRun) => string | undefined }) {
  return <Shown by="run">{(tiny.value && of(tiny.value)) ?? '…'}</Shown>;
}

/** The same of the last weight that was moved. */
export function Tried({ of }: { readonly of: (last: Try) => number | string }) {
  const [last] = tries.value;
  const found = last && of(last);
  return <Shown by="run">{typeof found === 'number' ? number(found) : (found ?? '…')}</Shown>;
}

/** The same of a way to compute the patch that is shown. */
export function Patched({ way, of }: { readonly way: ConvolutionWay; readonly of: (found: PatchWay) => string }) {
  const found = patched.value?.find(each => each.way === way);
  return <Shown by="run">{found ? of(found) : '…'}</Shown>;
}

export const productsOf = ({ products }: PatchWay): string => count(products);

export const errorOf = ({ error }: PatchWay): string => number(error, 3);

export const stepsOf = ({ steps }: TinyRun): string | undefined => (steps === undefined ? undefined : `${steps} steps`);

export const accuracyOf = ({ looks }: TinyRun): string | undefined => looks.at(-1) && percent(looks.at(-1)!.acc);

export const validationOf = ({ looks }: TinyRun): string | undefined => looks.at(-1) && percent(looks.at(-1)!.valAcc);

export const rateOf = ({ config }: TinyRun): string => chosenOf('learningRate', config);

export const poolOf = ({ config }: TinyRun): string => chosenOf('pool', config);

export const dropoutOf = ({ config }: TinyRun): string => chosenOf('dropout', config);

export const lossOf = ({ config }: TinyRun): string => chosenOf('loss', config);

export const optimizerOf = ({ config }: TinyRun): string => chosenOf('optimizer', config);

export const weightsOf = ({ weights }: TinyRun): string | undefined => (weights === undefined ? undefined : count(weights));

export const picturesOf = ({ config }: TinyRun): string => `${config.pictures} faces`;

export const firstLossOf = ({ losses }: TinyRun): string | undefined => (losses.length > 0 ? number(losses[0]!) : undefined);

/** On the validation faces. */
export const lastLossOf = ({ looks }: TinyRun): string | undefined => looks.at(-1) && number(looks.at(-1)!.valLoss);

/** Shares of dead units: 'conv2d 0 %, dense 17 %'. */
export const deadOf = ({ looks }: TinyRun): string | undefined => looks.at(-1) && deadWords(looks.at(-1)!);

export const wrongOf = ({ looks }: TinyRun): string | undefined => {
  const plane = looks.at(-1)?.plane;
  return plane && `${wrongSide(plane)} of them`;
};

export const convolutionsOf = ({ times, ms }: TinyRun): string | undefined =>
  times && ms !== undefined ? percent(convolutionShare(times, ms), 0) : undefined;
