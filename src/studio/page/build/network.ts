import { sizeOf } from '../../../engine/shape.js';
import { modelJson } from '../../../formats/keras/model_json.js';
import { readNetworkJson } from '../../../formats/network.js';
import { type CompileConfig, makeLayer } from '../../../nn/config.js';
import type { Layer } from '../../../nn/layers/layer.js';
import { layerRecord } from '../../../nn/layers.js';
import { type LossName, resolveLoss } from '../../../nn/losses.js';
import { sequential } from '../../../nn/model.js';
import { OPTIMIZERS, type OptimizerName } from '../../../nn/optimizers.js';
import { type DraftLayer, type DraftRow, lookAt } from './draft.js';

/** How a network learns, as it is edited. */
export interface DraftOptimizer {
  readonly name: OptimizerName;
  readonly learningRate: number;
  /** Of SGD and RMSprop. */
  readonly momentum: number;
}

/** A network as it is edited. */
export interface Draft {
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly layers: readonly DraftLayer[];
  readonly optimizer: DraftOptimizer;
  readonly loss: LossName;
}

/** Losses that classes are learned by, with Keras' words. */
export const DRAFT_LOSSES: Readonly<Partial<Record<LossName, string>>> = {
  binaryCrossentropy: 'binary cross-entropy',
  categoricalCrossentropy: 'categorical cross-entropy',
};

export const hasMomentum = (name: OptimizerName): boolean => name === 'sgd' || name === 'rmsprop';

let ids = 0;
/** A number that no layer of this page has had. */
export const nextId = (): number => ++ids;

/** Layers that were made, as a draft has them. */
export const draftOf = (layers: readonly Layer[]): DraftLayer[] =>
  layers.map(({ record, config, name, trainable }) => ({
    id: nextId(),
    kind: record.kind,
    config: { ...record.config(onlyOwn(config), record.kind), ...config },
    name,
    ...(!trainable && { trainable }),
  }));

/** What a record's reader knows: a layer's config may say more of its weights. */
const onlyOwn = (config: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(config).filter(([field]) => !/(Initializer|Regularizer)$/.test(field)));

/** What is wrong with how a network ends, where it is to tell classes apart. */
function endProblem({ outputShape, layer, parameters }: DraftRow, total: number, classes: number, loss: LossName): string | undefined {
  if (!outputShape || !layer) return undefined;
  if (outputShape.length !== 1) {
    return `The network ends here with ${outputShape.join(' × ')} numbers: end it with a dense layer that has a unit for each class.`;
  }
  if (total + parameters === 0) return 'Nothing here has weights: there is nothing to train.';
  const [units] = outputShape as [number];
  const isSingle = units === 1 && classes === 2;
  if (units !== classes && !isSingle)
    return `The network ends here with ${units} units, and there are ${classes} classes: give it a unit for each.`;
  const { activation } = layer;
  if (!activation?.hasLogits) return 'The network ends here: end it with softmax, or with sigmoid, so that it gives probabilities.';
  if (isSingle && loss === 'categoricalCrossentropy') return 'One unit is learned by binary cross-entropy: choose that loss, or two units.';
  return undefined;
}

/** A draft's layers with what each costs, and what is wrong, also with its end. */
export function lookAtDraft({ inputShape, layers, loss }: Draft, classes: number): readonly DraftRow[] {
  const rows = lookAt(inputShape, layers);
  const last = rows.at(-1);
  if (!last) return rows;
  const before = rows.slice(0, -1).reduce((sum, { parameters }) => sum + parameters, 0);
  const problem = last.problem ?? endProblem(last, before, classes, loss);
  return problem === undefined ? rows : [...rows.slice(0, -1), { ...last, problem }];
}

export const totalOf = (rows: readonly DraftRow[], what: 'parameters' | 'flops'): number => rows.reduce((sum, row) => sum + row[what], 0);

/** The text of a network file. Throws at the first thing that is wrong. */
export function networkText({ inputShape, layers, optimizer, loss }: Draft): string {
  if (layers.length === 0) throw new Error('The network has no layers yet.');
  const made = layers.map(({ kind, config, name, trainable = true }, index) =>
    makeLayer(layerRecord(kind), config, { trainable, ...(name !== undefined && { name }), ...(index === 0 && { inputShape }) }, kind),
  );
  const stack = sequential(made, { seed: 0 });
  const { name, learningRate, momentum } = optimizer;
  const { config } = OPTIMIZERS[name].make(learningRate, hasMomentum(name) ? { momentum } : {});
  const compile: CompileConfig = {
    optimizer: { name, learningRate, config },
    loss: resolveLoss({ name: loss }, made.at(-1)!.activation),
    metrics: ['acc'],
  };
  return `${JSON.stringify(modelJson(stack, compile), null, 1)}\n`;
}

/** Reads a network file; what it doesn't say of how it is trained is as in `before`. Throws what is wrong with it. */
export async function readDraft(name: string, bytes: Uint8Array, before: Draft): Promise<Draft> {
  const { model, compile } = await readNetworkJson(name, bytes);
  const { inputShape } = model;
  if (inputShape.length !== 3) throw new Error(`${name} takes ${inputShape.join(' × ')} numbers, wanted a network that takes pictures`);
  const { optimizer, loss } = compile ?? {};
  const momentum = optimizer?.config.momentum;
  return {
    inputShape: inputShape as unknown as Draft['inputShape'],
    layers: draftOf(model.layers.map(({ layer }) => layer)),
    optimizer: optimizer
      ? { name: optimizer.name, learningRate: optimizer.learningRate, momentum: typeof momentum === 'number' ? momentum : 0 }
      : before.optimizer,
    loss: loss && loss.name in DRAFT_LOSSES ? loss.name : before.loss,
  };
}

/** How large what a layer gives is, beside the largest of them. */
export const sizeOfOutput = ({ outputShape }: DraftRow): number => (outputShape ? sizeOf(outputShape) : 0);
