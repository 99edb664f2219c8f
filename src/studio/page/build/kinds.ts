import { ACTIVATION_NAMES } from '../../../nn/activations.js';
import { PADDINGS } from '../../../nn/layers/layer.js';
import { layerRecord } from '../../../nn/layers.js';

/** A kind of layer that can be added, and what it begins with; Keras' defaults for the rest. */
interface Offer {
  readonly kind: string;
  readonly label: string;
  /** What it does, for somebody who chooses. */
  readonly about: string;
  readonly base: Readonly<Record<string, unknown>>;
}

const CONVOLUTION = { kernelSize: [3, 3], activation: 'relu' };

export const OFFERS: readonly Offer[] = [
  { kind: 'conv2d', label: 'Convolution', about: 'filters that slide over the picture', base: { ...CONVOLUTION, filters: 8 } },
  {
    kind: 'separable_conv2d',
    label: 'Separable convolution',
    about: 'a filter a channel, then mixed',
    base: { ...CONVOLUTION, filters: 8 },
  },
  { kind: 'depthwise_conv2d', label: 'Depthwise convolution', about: 'a filter a channel', base: CONVOLUTION },
  { kind: 'max_pooling2d', label: 'Max pooling', about: 'the largest of each window', base: { poolSize: [2, 2] } },
  { kind: 'average_pooling2d', label: 'Average pooling', about: 'the mean of each window', base: { poolSize: [2, 2] } },
  { kind: 'batch_normalization', label: 'Batch normalization', about: 'mean 0, variance 1 over the batch', base: {} },
  { kind: 'dropout', label: 'Dropout', about: 'sets a share to 0 in training', base: { rate: 0.5 } },
  { kind: 'spatial_dropout2d', label: 'Spatial dropout', about: 'drops whole maps in training', base: { rate: 0.2 } },
  { kind: 'flatten', label: 'Flatten', about: 'all numbers in a row', base: {} },
  { kind: 'global_average_pooling2d', label: 'Global average pooling', about: 'the mean of each map', base: {} },
  { kind: 'global_max_pooling2d', label: 'Global max pooling', about: 'the largest of each map', base: {} },
  { kind: 'dense', label: 'Dense', about: 'each unit takes all numbers', base: { units: 16, activation: 'relu' } },
  { kind: 'activation', label: 'Activation', about: 'a function of each number', base: { activation: 'relu' } },
];

export const labelOf = (kind: string): string => OFFERS.find(offer => offer.kind === kind)?.label ?? layerRecord(kind).className;

/** A whole config of a kind, with Keras' defaults. */
export const completeConfig = (kind: string, base: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...layerRecord(kind).config(base, kind),
});

/** How a field of a config is edited. */
export interface Editor {
  readonly field: string;
  readonly label: string;
  readonly type: 'whole' | 'pair' | 'share' | 'choice';
  readonly choices?: readonly string[];
}

/** Fields that can be edited, in the order in which they stand. */
const EDITORS: readonly Editor[] = [
  { field: 'filters', label: 'filters', type: 'whole' },
  { field: 'units', label: 'units', type: 'whole' },
  { field: 'kernelSize', label: 'kernel', type: 'pair' },
  { field: 'poolSize', label: 'window', type: 'pair' },
  { field: 'strides', label: 'stride', type: 'pair' },
  { field: 'rate', label: 'rate', type: 'share' },
  { field: 'padding', label: 'padding', type: 'choice', choices: PADDINGS },
  { field: 'activation', label: 'activation', type: 'choice', choices: ACTIVATION_NAMES },
];

/** How a field is called beside its editor. */
export const fieldLabel = (field: string): string => EDITORS.find(each => each.field === field)?.label ?? field;

/** Editors of what a config has. */
export const editorsOf = (config: Readonly<Record<string, unknown>>): readonly Editor[] =>
  EDITORS.filter(({ field, type }) => {
    const value = config[field];
    if (type === 'pair') return Array.isArray(value);
    return type === 'choice' ? typeof value === 'string' : typeof value === 'number' || value === null;
  });
