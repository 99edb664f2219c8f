import type { Executor } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';

/** What computes, and what is known of it. */
export interface OpenedExecutor {
  readonly executor: Executor;
  /** Adapter and driver, and whether a CPU does the adapter's work. */
  readonly machine: { readonly description: string; readonly software: boolean };
  /** Milliseconds of a node's variants, by name, where they were tried. */
  findings(node: Node): Promise<Readonly<Record<string, number>> | undefined>;
  /** Has someone told, besides stderr, where the device was lost and opened anew. */
  onNotice(listener: (message: string) => void): void;
  /** Runs work whose plans are not worth trying variants for: each node gets the last variant that the adapter supports. */
  untuned<T>(work: () => Promise<T>): Promise<T>;
}
