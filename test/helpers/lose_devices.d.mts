/** Takes devices away from the tests that import it. */
export declare const losing: {
  /** Submissions to any device so far, and devices taken. */
  readonly submissions: number;
  readonly losses: number;
  /** Whether another can't be had. */
  isGone: boolean;
  /** Takes all devices after these submissions, counted from now; forgets those named before. */
  loseAt(...submissions: readonly number[]): void;
  /** Takes all devices. */
  lose(): void;
};
