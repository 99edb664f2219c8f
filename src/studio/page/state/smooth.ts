/**
 * A curve's moving average: each number counts `weight` times as much as the next, from 0 (the curve itself) up to but not including 1. The first numbers are
 * not pulled to 0: sums are divided by the weights that are in them, as Adam's are. Where there is no number, there is none.
 */
export function smoothed(values: readonly (number | null)[], weight: number): readonly (number | null)[] {
  if (weight <= 0) return values;
  let [sum, weights] = [0, 0];
  return values.map(value => {
    if (value === null || !Number.isFinite(value)) return null;
    sum = weight * sum + (1 - weight) * value;
    weights = weight * weights + (1 - weight);
    return sum / weights;
  });
}
