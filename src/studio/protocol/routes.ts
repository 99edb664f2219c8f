import type { PictureSet } from './model.js';

/** The largest body that the server takes: a photograph of any camera. Above it the answer is 413. */
export const UPLOAD_BYTES = 32 * 2 ** 20;

/**
 * A picture to compute with, in the query of a request: `set` and `index` for one of the data, `row` for a row of the batch of the last step (as
 * augmented), or none of them and the file itself (png, jpg or bmp) as the body of the request.
 */
export interface PictureQuery {
  readonly set?: PictureSet;
  readonly index?: number;
  readonly row?: number;
}

/**
 * HTTP. Every answer that is no success has a JSON body { error: string }: 400 for what can't be asked so, 404 for what isn't there, 409 for what
 * can't be done now (no model yet), 413 for too large a body, 500 for what failed.
 */
export const ROUTES = {
  /** GET: the 'hello' event as JSON. */
  state: '/api/state',
  /** GET: { runs: PastRun[] }, read anew. */
  runs: '/api/runs',
  /** GET: safetensors: pictures uint8 [rows, height, width, channels] as augmented, predictions [rows, classes], labels [rows, classes]; JSON: BatchInfo. */
  batch: '/api/batch',
  /** GET ?set&index: safetensors: picture uint8 [height, width, channels]; JSON: PictureInfo. */
  picture: '/api/picture',
  /**
   * POST PictureQuery & { label?: number; training?: 0 | 1; layers?, state?: '0,2' | 'none'; forward?: 0 | 1 }: an Inspection, as inspectionBytes() of
   * src/inspect writes it. Of a large model all of it is much. `layers`: indices of the layers that are in it, default all; where 0 is among them, or by
   * default, so is the picture's own gradient. `state`: those of them whose weights, gradients of weights and optimizer slots are in it, default all.
   * `forward`: what is computed forward alone, without weights.
   */
  inspect: '/api/inspect',
  /**
   * POST PictureQuery & { kind: ExplainKind; layer?: number; label?: number }: safetensors: map [height, width] (of 'grad-cam' the layer's size, of
   * 'occlusion' the picture's), probabilities [units]; JSON: ExplainInfo. Of 'neighbours' JSON alone: NeighboursInfo.
   */
  explain: '/api/explain',
  /** POST PictureQuery & { label?: number; weight: 'layer0/kernel'; number; moves: '-0.01,0.01' }: MovedWeight: the loss with a number of a weight moved. */
  move: '/api/move',
  /** GET ?side&channels: ConvolutionsInfo: a convolution by each way to compute it. */
  convolutions: '/api/convolutions',
  /** GET ?set&count: { confusion, mistakes }: see GalleryInfo. Computed over the whole set on first use. */
  gallery: '/api/gallery',
  /** GET: ShadersInfo: how the training plan computes its ops. */
  shaders: '/api/shaders',
  /** GET ?kind: the model as a file of a kind, default safetensors, a checkpoint; of a kind that is a folder, a zip of it. */
  model: '/api/model',
  /** GET /shaders/NAME.wgsl: a shader's text. */
  shaderText: '/shaders/',
} as const;

/** What the site's worker answers besides. */
export const SITE_ROUTES = {
  /** POST ?path: keeps a file in the browser, below models/ or pictures/. */
  files: '/api/files',
} as const;
