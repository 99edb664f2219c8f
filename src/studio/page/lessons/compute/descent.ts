import { adam, type Optimizer, sgd } from '../../../../nn/optimizers.js';
import { adam as adamStep } from '../../../../reference/adam.js';
import { sgd as sgdStep } from '../../../../reference/sgd.js';

/** A loss of two weights, with its gradient. */
export interface Surface {
  readonly name: string;
  /** Where the paths begin. */
  readonly start: readonly [number, number];
  /** Both axes go from -reach to reach. */
  readonly reach: number;
  loss(x: number, y: number): number;
  gradient(x: number, y: number): readonly [number, number];
}

/** A long valley, 40 times steeper across than along: what layers whose inputs differ in size make. */
export const VALLEY: Surface = {
  name: 'valley',
  start: [-1.7, 0.9],
  reach: 2,
  loss: (x, y) => 0.25 * x ** 2 + 10 * y ** 2,
  gradient: (x, y) => [0.5 * x, 20 * y],
};

/** Rosenbrock's bent valley with its minimum at (1, 1), made smaller: (1 - x)² / 2 + 5 (y - x²)². */
export const BEND: Surface = {
  name: 'bend',
  start: [-1.5, 1.6],
  reach: 2,
  loss: (x, y) => 0.5 * (1 - x) ** 2 + 5 * (y - x ** 2) ** 2,
  gradient: (x, y) => [x - 1 - 20 * x * (y - x ** 2), 10 * (y - x ** 2)],
};

export const SURFACES: readonly Surface[] = [VALLEY, BEND];

/** Steps beyond this are not drawn: the path has left for good. */
const FAR = 1e6;

type Step = (gradient: Float64Array, loss: Float64Array, weights: Float64Array, t: number) => void;

/** Updates that are not finite are noted, and not looked at: paths are cut long before. */
const faults = new Uint32Array(1);
const noted = { place: 0, slot: 0 };

/**
 * The weights after each step of an optimizer, made by the engine's reference update: [steps + 1, 2], cut where it runs away.
 * Values are float64, so that a path shows the rule and not its rounding.
 */
function path(surface: Surface, steps: number, step: Step): Float64Array {
  const weights = Float64Array.from(surface.start);
  const found = [...weights];
  for (let t = 1; t <= steps; t++) {
    const [x, y] = weights as unknown as [number, number];
    step(Float64Array.from(surface.gradient(x, y)), Float64Array.of(surface.loss(x, y)), weights, t);
    if (!weights.every(value => Math.abs(value) < FAR)) break;
    found.push(...weights);
  }
  return Float64Array.from(found);
}

export function adamPath(surface: Surface, learningRate: number, steps: number): Float64Array {
  const optimizer: Optimizer = adam({ learningRate });
  const { beta1, beta2, epsilon } = optimizer.config as { beta1: number; beta2: number; epsilon: number };
  const [moment, velocity] = [new Float64Array(2), new Float64Array(2)];
  return path(surface, steps, (gradient, loss, parameter, t) => {
    const stepSize = optimizer.scalars(t).stepSize!;
    const rates = { size: 2, momentRate: 1 - beta1, velocityRate: 1 - beta2, epsilon, stepSize };
    adamStep({ gradient, loss, parameter, moment, velocity, faults }, { ...rates, ...noted });
  });
}

export function sgdPath(surface: Surface, learningRate: number, steps: number, momentum = 0): Float64Array {
  const optimizer = sgd({ learningRate, momentum });
  const velocity = new Float64Array(2);
  return path(surface, steps, (gradient, loss, parameter) => {
    sgdStep(
      { gradient, loss, parameter, velocity, faults },
      { size: 2, momentum, nesterov: 0, learningRate: optimizer.learningRate, ...noted },
    );
  });
}
