import { sizeOf } from '../engine/shape.js';
import type { Checkpoint } from '../formats/checkpoint.js';
import { openNetwork } from '../formats/network.js';
import { openInto, type SourceOf } from '../formats/open_into.js';
import { modelConfig, readModel } from '../nn/config.js';
import { checkTrains } from '../nn/fit_options.js';
import type { LayerStack } from '../nn/layer_stack.js';
import type { ResolvedLoss } from '../nn/losses.js';
import type { Sequential } from '../nn/model.js';
import { note } from '../nn/notes.js';
import { extraOf } from './extra.js';
import { KEPT_NAMES, type OptionName, recordOf, type TrainOptions } from './options.js';
import { type UsedModel, useCheckpoint } from './use.js';
import { textOf } from './values.js';
import { checkClasses, listed } from './words.js';

/**
 * What a run begins from where it is not the program's own network: 'run', a checkpoint of a run, which goes on as if never interrupted; 'model', another
 * program's model, whose optimizer goes on; 'network', layers whose weights are new or, with --keep-weights, the file's.
 */
export interface Origin extends UsedModel {
  readonly how: 'run' | 'model' | 'network';
}

export interface Begin {
  readonly options: TrainOptions;
  readonly origin?: Origin | undefined;
}

type IsGiven = (name: OptionName) => boolean;

/** Options of new runs alone. */
const NOT_WITH_RESUME = ['keepWeights', 'freeze'] as const;

/** Whether what is given takes the place of what a run has. */
const isReplaceable = (name: OptionName): boolean => recordOf(name).isKept === 'unlessGiven';

const flagOf = (name: OptionName): string => recordOf(name).flag.split(' ')[0]!;

/** Opens what --resume or --network names, and completes the options by it: throws where those that were given ask for something else than it has. */
export async function beginOf(options: TrainOptions, isGiven: IsGiven, sourceOf: SourceOf): Promise<Begin> {
  const { resume, network } = options;
  if (resume !== undefined) {
    const other = NOT_WITH_RESUME.find(name => options[name] !== undefined);
    if (other) throw new Error(`${flagOf(other)} is given with --resume, which goes on with the network as it is: leave one of them out`);
    // A form that was filled in for the run before may yet name its network.
    const checkpoint = await openInto(sourceOf, resume, network, !isGiven('network'));
    return checkpoint.training ? goOn(resume, checkpoint, options, isGiven) : goOnElsewhere(resume, checkpoint, options, isGiven);
  }
  if (network === undefined) {
    if (options.keepWeights) throw new Error(`${flagOf('keepWeights')} needs --network, the file that the weights are in`);
    return { options };
  }
  const checkpoint = await openNetwork(await sourceOf(network));
  if (options.keepWeights && !checkpoint.hasWeights) throw new Error(`${flagOf('keepWeights')}: ${network} has layers, and no weights`);
  const used = useCheckpoint(network, checkpoint, options);
  const { untrainable } = checkpoint;
  if (untrainable !== undefined) note(`${network}: ${untrainable}. What is trained now has Adam and binary cross-entropy.`);
  noteFrozen(network, checkpoint.model, options);
  const origin = { ...used, how: 'network' } as const;
  const completed = withModel(origin, options, isGiven);
  checkLoss(origin, completed);
  return { options: completed, origin };
}

/** Says it where a file has layers that are not trained: with new weights that is seldom what is meant. */
function noteFrozen(file: string, { layers }: LayerStack, { keepWeights }: TrainOptions): void {
  const frozen = layers.filter(({ layer, parameters }) => !layer.trainable && parameters.length > 0).map(({ name }) => name);
  if (frozen.length === 0) return;
  note(
    `${file} has layers that are not trained, ${listed(frozen)}: they stay ${keepWeights ? "the file's" : 'as their new weights are drawn'}.`,
  );
}

/** A run goes on with the options that it began with. */
function goOn(file: string, checkpoint: Checkpoint, options: TrainOptions, isGiven: IsGiven): Begin {
  const { settings } = extraOf(file, checkpoint);
  for (const name of KEPT_NAMES) {
    if (!settings || !isGiven(name)) continue;
    const { kind } = recordOf(name);
    const [given, had] = [options[name], settings[name]].map(value => (value === undefined ? undefined : textOf(kind, value)));
    if (given === had || (had !== undefined && isReplaceable(name))) continue;
    // A flag has no value that a person typed.
    const isFlag = typeof options[name] === 'boolean';
    const found = had === undefined || isFlag ? 'began without it' : `has ${had}`;
    throw new Error(
      `${flagOf(name)} is ${isFlag ? 'given' : given}, the run in ${file} ${found}: leave the option out, or begin a new run without --resume`,
    );
  }
  const done = checkpoint.training?.history.loss?.length ?? 0;
  if (done >= options.epochs) note(`${file} has done its ${done} epochs: give a larger --epochs to train further`);
  // What the run began without stays out, too.
  const keptOf = (name: (typeof KEPT_NAMES)[number]): unknown => (isReplaceable(name) && isGiven(name) ? options[name] : settings?.[name]);
  const kept = settings ? Object.fromEntries(KEPT_NAMES.map(name => [name, keptOf(name)])) : {};
  return { options: { ...options, ...kept, network: undefined }, origin: { ...useCheckpoint(file, checkpoint, {}), how: 'run' } };
}

/** A model that another program trained goes on from its weights, moments and steps. */
function goOnElsewhere(file: string, checkpoint: Checkpoint, options: TrainOptions, isGiven: IsGiven): Begin {
  const instead = `--network ${file} --keep-weights begins a new run with its weights`;
  const { untrainable, compile, step } = checkpoint;
  if (untrainable !== undefined) throw new Error(`${file} can't be trained on: ${untrainable}. ${instead}`);
  if (!compile) throw new Error(`${file} holds weights only: there is no run to go on with. ${instead}`);
  const origin = { ...useCheckpoint(file, checkpoint, options), how: 'model' } as const;
  const completed = withModel(origin, options, isGiven);
  const { name, learningRate, schedule } = compile.optimizer;
  const rate = options.learningRate ?? schedule?.className ?? learningRate;
  note(`${file}: ${name} resumes from step ${step}, learning rate ${rate}; epochs are counted from 1.`);
  return { options: completed, origin };
}

/** With what a model's file decides; throws where an option that was given is against it. */
function withModel({ file, checkpoint, colorMode }: Origin, options: TrainOptions, isGiven: IsGiven): TrainOptions {
  const { model, compile } = checkpoint;
  const [height, width] = model.inputShape as [number, number];
  const decided = { imageSize: [height, width], colorMode } as const;
  for (const name of ['imageSize', 'colorMode'] as const) {
    const { kind } = recordOf(name);
    const [given, has] = [options[name], decided[name]].map(value => textOf(kind, value));
    if (isGiven(name) && given !== has) {
      throw new Error(`${flagOf(name)} is ${given}, the network of ${file} takes ${has}: leave the option out`);
    }
  }
  const from = compile?.loss.from ?? options.loss;
  return { ...options, ...decided, loss: isGiven('loss') || from === 'output' ? options.loss : from };
}

/** What a new run with a file's network learns by: what the file says, where that can be trained, else binary cross-entropy. */
export function lossOf({ checkpoint: { compile, untrainable } }: Origin, { loss: from }: TrainOptions): ResolvedLoss {
  const loss = untrainable === undefined ? compile?.loss : undefined;
  return loss?.from === 'output' ? loss : { ...(loss ?? { name: 'binaryCrossentropy' }), from };
}

function checkLoss(origin: Origin, options: TrainOptions): void {
  try {
    origin.checkpoint.model.checkCompile(lossOf(origin, options), ['acc']);
  } catch (error) {
    throw new Error(`${origin.file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The model of a file, for a run with this seed: with the file's weights, or without. */
export async function seededModel(
  { checkpoint: { model }, how, file }: Origin,
  { seed, keepWeights }: Pick<TrainOptions, 'seed' | 'keepWeights'>,
): Promise<Sequential> {
  const seeded = readModel({ ...modelConfig(model), seed }, file);
  if (how === 'model' || keepWeights) setFinite(seeded, await model.getWeights(), file);
  return seeded;
}

/** Throws, naming the file, where a weight is not finite: nothing would be learned with it. */
function setFinite(model: Sequential, weights: Readonly<Record<string, Float32Array>>, file: string): void {
  try {
    model.setWeights(weights);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message.replace('setWeights: ', '')}`, { cause: error });
  }
}

/** Leaves layers untrained; throws where there are none of these names, or where no other would learn. */
export function setFrozen(model: Sequential, names: readonly string[]): void {
  try {
    model.setTrainable(false, names);
    checkTrains(model);
  } catch (error) {
    throw new Error(`${flagOf('freeze')} ${names.join(' ')}: ${(error as Error).message.replace(/^\w+: /, '')}`, { cause: error });
  }
}

/** Throws where a run's folders have more or fewer classes than its network tells apart, and says what to do. */
export function checkCount(
  { file, checkpoint: { model }, count, how }: Origin,
  folder: string,
  classes: readonly string[],
  keeps: boolean,
): void {
  if (classes.length === count) return;
  const { name } = model.layers.findLast(({ parameters }) => parameters.length > 0) ?? model.layers.at(-1)!;
  const [units] = model.outputShape;
  const last = `its last layer, '${name}', has ${units} output${units === 1 ? ', which tells 2 apart' : 's'}`;
  const fit = `change that layer to ${classes.length} units in a copy of the network`;
  const advice =
    how === 'network' && !keeps
      ? `: ${fit}, or give folders of ${count} classes`
      : `, and weights of that layer do not fit ${classes.length} classes: give folders of ${count} classes, or ${fit} and train it without --keep-weights`;
  throw new Error(`${folder} has ${classes.length} classes, and the network of ${file} tells ${count} apart: ${last}${advice}`);
}

/** How many weights a network has. */
export const weightsOf = ({ weightSpecs }: Pick<LayerStack, 'weightSpecs'>): number =>
  weightSpecs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** The classes of a run's folder in the order of its network's outputs. */
export function classOrder(
  { train, classes, keepWeights }: Pick<TrainOptions, 'train' | 'classes' | 'keepWeights'>,
  origin: Origin | undefined,
  found: readonly string[],
): readonly string[] {
  const isRun = origin?.how === 'run' && origin.named !== undefined;
  if (origin && !isRun) checkCount(origin, train, found, keepWeights ?? false);
  // Weights that are new know of no classes.
  const isBound = origin && (origin.how !== 'network' || keepWeights);
  const named = isRun ? origin.named : (classes ?? (isBound ? origin.named : undefined));
  if (!named) return found;
  const isSame = named.length === found.length && named.every(name => found.includes(name));
  if (!isSame && !classes && origin?.how === 'network') return found;
  checkClasses(train, isSame ? named : found, classes && !isRun ? '--classes' : origin!.file, named);
  return named;
}
