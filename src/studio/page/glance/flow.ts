import { useEffect, useState } from 'preact/hooks';

/** How long a step of the flow is shown. */
const STEP_MS = 620;

/** Where a picture is on its way: forward through the stages, then at the loss, then the gradient back through them. */
export type Moment =
  | { readonly phase: 'forward'; readonly stage: number }
  | { readonly phase: 'loss' }
  | { readonly phase: 'backward'; readonly stage: number };

/** The last step of a flow through `count` stages: count forward, one at the loss, count backward. */
export const lastStep = (count: number): number => 2 * count;

export function momentOf(step: number, count: number): Moment {
  if (step < count) return { phase: 'forward', stage: step };
  return step === count ? { phase: 'loss' } : { phase: 'backward', stage: 2 * count - step };
}

/** What a stage shows at a step. */
export type StageState = 'waiting' | 'values' | 'gradient';

export function stateOf(stage: number, step: number, count: number, hasGradient: boolean): StageState {
  if (step < stage) return 'waiting';
  return hasGradient && step >= 2 * count - stage ? 'gradient' : 'values';
}

export interface Flow {
  readonly step: number;
  readonly isPlaying: boolean;
  /** From the beginning where it has come to the end. */
  play(): void;
  pause(): void;
  /** From the beginning, for another picture. */
  restart(): void;
  seek(step: number): void;
}

export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Steps through a flow by itself, once; where motion is not wanted, it stands at the loss until somebody moves it. */
export function useFlow(count: number): Flow {
  const last = lastStep(count);
  const [step, setStep] = useState(() => (prefersStill() ? count : 0));
  const [isPlaying, setPlaying] = useState(() => !prefersStill());
  useEffect(() => {
    if (!isPlaying) return;
    if (step >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => setStep(step + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, step, last]);
  return {
    step: Math.min(step, last),
    isPlaying,
    play: () => {
      if (step >= last) setStep(0);
      setPlaying(true);
    },
    pause: () => setPlaying(false),
    restart: () => {
      if (prefersStill()) return;
      setStep(0);
      setPlaying(true);
    },
    seek: to => {
      setPlaying(false);
      setStep(to);
    },
  };
}
