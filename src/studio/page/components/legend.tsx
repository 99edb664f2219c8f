import { mapImage, useDrawing } from '../draw/canvas.js';
import { number } from '../draw/format.js';
import type { Scale } from '../draw/scale.js';

const STEPS = 64;

/** A bar of a scale's colours with its numbers. */
export function Legend({ scale, label }: { readonly scale: Scale; readonly label?: string }) {
  const { kind, low, high } = scale;
  const ref = useDrawing(
    context => {
      const ramp = Float64Array.from({ length: STEPS }, (_, i) => low + ((high - low) * i) / (STEPS - 1));
      context.putImageData(mapImage({ data: ramp }, 1, STEPS, scale), 0, 0);
    },
    [kind, low, high],
  );
  return (
    <div class="legend">
      {label && <span>{label}</span>}
      <span>{number(low, 3)}</span>
      <canvas ref={ref} width={STEPS} height={1} />
      {kind === 'signed' && <span class="hidden">blue is below 0, orange above</span>}
      <span>{number(high, 3)}</span>
    </div>
  );
}
