import type { Graph } from '../engine/graph.js';
import type { Shape } from '../engine/shape.js';
import { shown } from './json.js';
import type { Batch, Part, Source, SourceInput } from './source.js';

/** How much each class counts, by its index: all of 0 to one less than the number of classes. */
export type ClassWeight = Readonly<Record<number, number>>;

/**
 * Weights by which each class counts alike in all, however many rows it has: rows / (classes * rows of the class). `labels`: the class of each row. `classes`: how many
 * there are, where the last have no rows; a class without rows counts 1, as it never does. Source: sklearn.utils.class_weight.compute_class_weight, 'balanced'
 */
export function balancedClassWeight(labels: readonly number[], classes = Math.max(-1, ...new Set(labels)) + 1): ClassWeight {
  const counts = Array.from({ length: classes }, () => 0);
  for (const [row, label] of labels.entries()) {
    if (counts[label] === undefined) {
      throw new Error(`balancedClassWeight: row ${row} has class ${label}, wanted a whole number from 0 to ${classes - 1}`);
    }
    counts[label] += 1;
  }
  const present = counts.filter(count => count > 0).length;
  return Object.fromEntries(counts.map((count, label) => [label, count === 0 ? 1 : labels.length / (present * count)]));
}

/** Weights by class, in their order; throws where one is missing or makes no sense. */
function weightList(given: ClassWeight, classes: number): readonly number[] {
  const unknown = Object.keys(given).find(name => !(Number.isInteger(Number(name)) && Number(name) >= 0 && Number(name) < classes));
  if (unknown !== undefined) throw new Error(`fit: classWeight has a class ${shown(unknown)}, wanted those from 0 to ${classes - 1}`);
  return Array.from({ length: classes }, (_, i) => {
    const weight = given[i];
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) return weight;
    throw new Error(`fit: classWeight[${i}] is ${shown(weight)}, wanted a number of at least 0 for each class from 0 to ${classes - 1}`);
  });
}

/** The class that a row of labels says: the largest of several, the first of equals; a number by itself without its fraction. */
function classOf(labels: Float32Array): number {
  if (labels.length === 1) return Math.trunc(labels[0]!);
  return labels.reduce((best, label, i) => (label > labels[best]! ? i : best), 0);
}

/** A source whose rows also count by their classes. Source: tf_keras/src/engine/data_adapter.py, _make_class_weight_map_fn */
export class ClassWeightedSource implements Source<Batch> {
  readonly isWeighted = true;
  readonly #source: Source<Batch>;
  readonly #weights: readonly number[];

  /** `classes`: how many the model tells apart. */
  constructor(source: Source<Batch>, weights: ClassWeight, classes: number) {
    this.#source = source;
    this.#weights = weightList(weights, classes);
  }

  get key(): string {
    return this.#source.isWeighted ? this.#source.key : `${this.#source.key}, weighted`;
  }

  get batchSize(): number {
    return this.#source.batchSize;
  }

  get samples(): number {
    return this.#source.samples;
  }

  get length(): number {
    return this.#source.length;
  }

  get shape(): Shape {
    return this.#source.shape;
  }

  get labelUnits(): number | undefined {
    return this.#source.labelUnits;
  }

  trace(graph: Graph, part?: Part): SourceInput<Batch> {
    return this.#source.trace(graph, part);
  }

  ready(order: readonly number[], at: number): Promise<void> | undefined {
    return this.#source.ready?.(order, at);
  }

  batch(index: number): Batch {
    const batch = this.#source.batch(index);
    const { labels, rows, weights } = batch;
    const units = this.labelUnits ?? 1;
    const own = new Float32Array(this.batchSize);
    for (let row = 0; labels && row < rows; row++) {
      const found = classOf(labels.subarray(row * units, (row + 1) * units));
      const weight = this.#weights[found];
      if (weight === undefined) throw new Error(`fit: classWeight has none for class ${found} of row ${row} of a batch`);
      own[row] = (weights?.[row] ?? 1) * weight;
    }
    return { ...batch, weights: own };
  }

  onEpochEnd(): void {
    this.#source.onEpochEnd();
  }

  save(): unknown {
    return this.#source.save();
  }

  restore(state: unknown): void {
    this.#source.restore(state);
  }
}
