import type { LayerStack, Setup } from './layer_stack.js';
import type { Plans } from './plans.js';
import type { Recovery } from './recovery.js';

/** What compile() made of its options. */
export interface Compiled extends Setup {
  readonly plans: Plans;
  readonly recovery: Recovery;
}

/** Layers that something computes. */
export interface CompiledModel extends LayerStack {
  readonly compiled: Compiled;
}
