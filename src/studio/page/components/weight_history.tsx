import { useMemo } from 'preact/hooks';
import { useDrawing } from '../draw/canvas.js';
import { count, number } from '../draw/format.js';
import { paint, type Scale } from '../draw/scale.js';
import { modelNorms } from '../state/live.js';
import { COLUMNS, ROWS, type WeightHistory, weightHistories } from '../state/weight_history.js';

/** How the weights of each parameter moved, step by step. */
export function WeightHistories() {
  const points = modelNorms.value;
  const histories = useMemo(() => weightHistories(points), [points]);
  if (points.length < 2 || histories.length === 0) return null;
  return (
    <section class="card stack" aria-label="Weights over time">
      <h2>
        Weights over time <span class="small quiet">each column is a histogram: bright where there are many weights</span>
      </h2>
      <div class="weight-histories">
        {histories.map(each => (
          <History key={each.name} history={each} />
        ))}
      </div>
    </section>
  );
}

/** Square roots, so that few weights beside many are seen. */
const scale: Scale = { kind: 'magnitude', low: 0, high: 1 };

function History({ history }: { readonly history: WeightHistory }) {
  const { name, low, high, first, last, shares } = history;
  const ref = useDrawing(
    context => {
      const image = new ImageData(COLUMNS, ROWS);
      shares.forEach((rows, column) => {
        const most = Math.sqrt(Math.max(...rows)) || 1;
        for (let row = 0; row < ROWS; row++) {
          paint(image.data, 4 * ((ROWS - 1 - row) * COLUMNS + column), scale, Math.sqrt(rows[row]!) / most);
        }
      });
      context.putImageData(image, 0, 0);
    },
    [history],
  );
  const text = `${name}: its weights from step ${count(first)} to ${count(last)}, between ${number(low, 3)} and ${number(high, 3)}`;
  return (
    <figure class="weight-history">
      <figcaption class="small mono">{name}</figcaption>
      <div class="small quiet num">
        <span>{number(high, 3)}</span>
        <span>{number(low, 3)}</span>
      </div>
      <canvas ref={ref} width={COLUMNS} height={ROWS} role="img" aria-label={text} />
      <div class="row spread small quiet num">
        <span>step {count(first)}</span>
        <span>{count(last)}</span>
      </div>
    </figure>
  );
}
