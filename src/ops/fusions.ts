import type { Fusion } from '../engine/plan.js';
import { fuseConv2dPool } from './conv2d_pool_fusion.js';
import { foldNorms } from './fold_norm_fusion.js';

/** The rewrites of a plan, in the order in which they are tried: runs of nodes for which there is one op. */
export const FUSIONS: readonly Fusion[] = [foldNorms, fuseConv2dPool];
