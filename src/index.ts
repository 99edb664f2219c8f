/** What works anywhere that has WebGPU: models, layers, training, kernels. The package for Node adds files and folders: see node.ts. */

export { DeviceGoneError, type Executor } from './engine/executor.js';
export { setRandomSeed } from './engine/random.js';
export type { Shape } from './engine/shape.js';
export { type LoadOptions, readModel, writeModel } from './formats/in_memory.js';
export type { Extra, ModelBytes, ModelKind, OnnxInput, OpenOptions, WriteOptions } from './formats/model_file.js';
export { type BrowserGpu, type BrowserGpuOptions, openBrowserGpu } from './gpu/browser.js';
export type { KernelOptions } from './gpu/kernel_options.js';
export {
  type ClassReport,
  type ClassScores,
  classReport,
  type ReportedClass,
  type SecondClassThreshold,
  wilsonInterval,
} from './inspect/class_report.js';
export {
  type BestThreshold,
  bestThreshold,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from './inspect/curves.js';
export { type GradCam, type GradCamOptions, gradCam } from './inspect/grad_cam.js';
export { type InspectOptions, Inspector, inspect } from './inspect/inspect.js';
export { type Occlusion, type OcclusionOptions, occlusion } from './inspect/occlusion.js';
export { explainNumber, receptiveField } from './inspect/one_number.js';
export type { InspectedLayer, InspectedTensor, Inspection, Place, Region, Term, Terms, UpdateTerms } from './inspect/types.js';
export { explainUpdate } from './inspect/update_terms.js';
export { type ArrayOptions, ArraySource } from './nn/arrays.js';
export type { CompileOptions, Data, Model } from './nn/base_model.js';
export type { BatchResult } from './nn/batch_log.js';
export { type Callback, type FitParams, type Logs, lambdaCallback, type Run } from './nn/callbacks/callback.js';
export { EarlyStopping, type EarlyStoppingOptions, earlyStopping } from './nn/callbacks/early_stopping.js';
export {
  LearningRateScheduler,
  type LearningRateSchedulerOptions,
  learningRateScheduler,
} from './nn/callbacks/learning_rate_scheduler.js';
export { ModelCheckpoint, type ModelCheckpointOptions } from './nn/callbacks/model_checkpoint.js';
export { ReduceLrOnPlateau, type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from './nn/callbacks/reduce_lr_on_plateau.js';
export { balancedClassWeight, type ClassWeight } from './nn/class_weights.js';
export type { EvaluateOptions, Scores } from './nn/evaluate.js';
export { NotFiniteError } from './nn/finite.js';
export type { FitOptions, History } from './nn/fit_options.js';
export type { FitState } from './nn/fit_state.js';
export type { InitializerConfig, InitializerName, InitializerOption } from './nn/initializers.js';
export {
  type Activation,
  activation,
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  flatten,
  globalAveragePooling2d,
  globalMaxPooling2d,
  inputLayer,
  type Layer,
  leakyReLu,
  maxPooling2d,
  reLu,
  rescaling,
  reshape,
  separableConv2d,
  softmax,
  spatialDropout2d,
  zeroPadding2d,
} from './nn/layers.js';
export type { Loss, LossName, LossOptions } from './nn/losses.js';
export type { Metric, MetricName, MetricOptions } from './nn/metrics.js';
export { Sequential, sequential } from './nn/model.js';
export { faceMaskNetwork } from './nn/networks.js';
export { adam, adamW, type Optimizer, rmsprop, sgd } from './nn/optimizers.js';
export { ProgressBar, type ProgressOptions } from './nn/progress.js';
export { l1, l1L2, l2, type Regularizer, type RegularizerOption } from './nn/regularizers.js';
export {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
} from './nn/schedules.js';
export type { Batch, Source, SourceInput } from './nn/source.js';
export { ReferenceExecutor } from './reference/executor.js';
