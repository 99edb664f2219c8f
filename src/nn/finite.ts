/** Thrown where something that was computed is infinite or no number. */
export class NotFiniteError extends Error {}

/** Index of the first number that is infinite or no number; -1 where there is none. */
export function firstNonFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Throws at the first of a tensor's numbers that is not finite. `who` begins the message: a function or a file. */
export function checkFinite(who: string, tensor: string, values: ArrayLike<number>): void {
  const index = firstNonFinite(values);
  if (index >= 0) throw new NotFiniteError(`${who}: '${tensor}'[${index}] is ${values[index]}, wanted finite numbers only`);
}
