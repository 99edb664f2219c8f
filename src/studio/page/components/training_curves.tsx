import { useMemo } from 'preact/hooks';
import { deadCurves, normCurves, trainingCurves } from '../state/curves.js';
import { drawn, epochs, modelNorms, steps } from '../state/live.js';
import { smoothed } from '../state/smooth.js';
import { Chart, type Series } from './chart.js';
import { CurveControls, curveOptions } from './curve_options.js';
import { WeightHistories } from './weight_history.js';

const LOSS: readonly Series[] = [
  { label: 'of the batch', color: 5, faint: true },
  { label: 'training', color: 0 },
  { label: 'validation', color: 1, points: true },
];
const ACC: readonly Series[] = [
  { label: 'training', color: 0 },
  { label: 'validation', color: 1, points: true },
];
const MS: readonly Series[] = [{ label: 'ms', color: 3 }];

/** All curves of the run under way. They are drawn a few times a second, from at most a few thousand points. */
export function TrainingCurves() {
  const tick = drawn.value;
  const { smoothing, logX, logY } = curveOptions();
  const ends = epochs.value;
  const points = modelNorms.value;
  const curves = useMemo(() => {
    const { x, batchLoss, loss, acc, ms, valLoss, valAcc, best } = trainingCurves(steps, ends);
    return { loss: [x, smoothed(batchLoss, smoothing), loss, valLoss], acc: [x, acc, valAcc], ms: [x, smoothed(ms, smoothing)], best };
    // `drawn` changes when `steps` has changed.
  }, [tick, ends, smoothing]);
  const measured = useMemo(
    () => ({ gradients: normCurves(points, 'gradient'), weights: normCurves(points, 'weight'), dead: deadCurves(points) }),
    [points],
  );
  const named = (names: readonly string[]): Series[] => names.map((label, color) => ({ label, color, dashed: color % 2 === 1 }));
  const { gradients, weights, dead } = measured;
  return (
    <section aria-label="Curves" class="stack">
      <CurveControls x="steps" />
      <div class="charts">
        <Chart
          title="Loss"
          series={LOSS}
          data={curves.loss}
          xLabel="step"
          marks={curves.best}
          height={230}
          logarithmic={logY}
          logarithmicX={logX}
        />
        <Chart title="Accuracy" series={ACC} data={curves.acc} xLabel="step" marks={curves.best} height={230} logarithmicX={logX} />
        <Chart title="Milliseconds per step" series={MS} data={curves.ms} xLabel="step" />
        {points.length > 0 && (
          <>
            <Chart title="Norms of the gradients" series={named(gradients.names)} data={gradients.data} xLabel="step" logarithmic />
            <Chart title="Norms of the weights" series={named(weights.names)} data={weights.data} xLabel="step" logarithmic />
            {dead.names.length > 0 && <Chart title="Share of dead relu units" series={named(dead.names)} data={dead.data} xLabel="step" />}
          </>
        )}
      </div>
      <WeightHistories />
    </section>
  );
}
