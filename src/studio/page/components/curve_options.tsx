import { choose, numberOf, params } from '../state/route.js';

/** How curves are drawn: the choices are in the address, so that a link shows the same. */
export interface CurveOptions {
  /** See smoothed(). */
  readonly smoothing: number;
  readonly logX: boolean;
  readonly logY: boolean;
}

export const curveOptions = (): CurveOptions => ({
  smoothing: Math.min(0.98, Math.max(0, numberOf('smooth', 0))),
  logX: (params.value.log ?? '').includes('x'),
  logY: (params.value.log ?? '').includes('y'),
});

/** Sets how curves are drawn. `x`: what they are over. */
export function CurveControls({ x }: { readonly x: string }) {
  const { smoothing, logX, logY } = curveOptions();
  const log = (changed: { readonly x?: boolean; readonly y?: boolean }): void => {
    const axes = [(changed.x ?? logX) && 'x', (changed.y ?? logY) && 'y'].filter(Boolean).join('');
    choose({ log: axes || undefined });
  };
  return (
    <div class="row curve-controls small">
      <label>
        <span class="quiet">Smoothing</span>
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smoothing}
          aria-valuetext={smoothing === 0 ? 'none' : smoothing.toFixed(2)}
          onInput={event => choose({ smooth: event.currentTarget.valueAsNumber || undefined })}
        />
        <output class="num">{smoothing === 0 ? 'none' : smoothing.toFixed(2)}</output>
      </label>
      <label>
        <input type="checkbox" checked={logY} onChange={event => log({ y: event.currentTarget.checked })} />
        loss on a log axis
      </label>
      <label>
        <input type="checkbox" checked={logX} onChange={event => log({ x: event.currentTarget.checked })} />
        {x} on a log axis
      </label>
    </div>
  );
}
