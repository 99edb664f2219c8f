import { useEffect, useMemo } from 'preact/hooks';
import type { Inspection } from '../../../../inspect/types.js';
import { Chart } from '../../components/chart.js';
import { Place } from '../../components/index_choice.js';
import { Scroll } from '../../components/scroll.js';
import { ValueMap } from '../../components/value_map.js';
import { number, percent, shapeOf } from '../../draw/format.js';
import { scaleOf } from '../../draw/scale.js';
import { useInspection } from '../../state/inspection.js';
import { layerOf, layoutOf } from '../../state/layout.js';
import { machine } from '../../state/live.js';
import { forgetTries, moveTrouble, moving, type Try, tries, tryMove } from '../../state/moved.js';
import { nameOf, pictureChoice } from '../../state/picture.js';
import { choose, linkTo, numberOf } from '../../state/route.js';
import { NOTHING_SHOWN } from '../pieces/given.js';
import '../../style/train.css';
import '../../style/tiny_run.css';

/** The weight that the lesson follows, until another is chosen. */
const WEIGHT = 'layer0/kernel';
const FIRST = 5;

/** How far a weight can be moved. */
const MOVES = [0.3, 0.1, 0.01, 0.001, 0.0001, 0.000001];
const FIRST_MOVE = 0.001;

/** A backward pass of the shown picture, and what the loss does where one weight is moved: both by the studio's own engine. */
export function MoveWeight() {
  const shown = useInspection();
  const choice = pictureChoice.value;
  const inspection = shown?.inspection;
  const layout = inspection && layoutOf(inspection, WEIGHT);
  const index = Math.min(numberOf('index', FIRST), (layout?.data.length ?? 1) - 1);
  const by = MOVES.find(move => move === numberOf('by', FIRST_MOVE)) ?? FIRST_MOVE;
  const isThere = layout !== undefined;
  useEffect(() => {
    if (choice && isThere) void tryMove(choice, { weight: WEIGHT, index }, by);
    return forgetTries;
  }, [choice && nameOf(choice), isThere]);
  if (!inspection || !layout || !choice) return <p class="tiny-run quiet">{NOTHING_SHOWN}</p>;
  const [last] = tries.value;
  const state = moving.value === 'idle' && last ? 'done' : moving.value;
  return (
    <div class="tiny-run stack" data-state={state}>
      <div class="row spread">
        <h1>From the loss back to a weight</h1>
        <p class="small quiet">Computed by {machine.value?.description ?? 'the studio'}: nothing of the network is changed.</p>
      </div>
      <div class="side-by-side">
        <WayBack inspection={inspection} />
        <section class="card stack" aria-label="The weight to move">
          <h2>Move a weight</h2>
          <WeightChoice inspection={inspection} index={index} />
          <p>
            This weight is <strong class="mono">{number(layout.data[index]!)}</strong>, its gradient by backpropagation{' '}
            <strong class="mono">{number(inspection.tensors[`${WEIGHT}/gradient`]?.data[index] ?? Number.NaN)}</strong>.
          </p>
          <div class="row">
            <span class="quiet">move by</span>
            <fieldset class="tabs" aria-label="move by">
              {MOVES.map(move => (
                <button key={move} type="button" aria-pressed={move === by} onClick={() => choose({ by: move })}>
                  {move}
                </button>
              ))}
            </fieldset>
          </div>
          <div class="row">
            <button type="button" class="primary" onClick={() => void tryMove(choice, { weight: WEIGHT, index }, by)}>
              Move it up and down
            </button>
            <span class="small quiet" role="status">
              {moving.value === 'moving' ? 'Computing the loss…' : ''}
            </span>
          </div>
        </section>
      </div>
      {moving.value === 'failed' && (
        <p class="notice trouble" role="alert">
          {moveTrouble.value}
        </p>
      )}
      {last && <Tries inspection={inspection} all={tries.value} />}
      {last && <Curve of={last} />}
    </div>
  );
}

/** Filter, channel, row and column of a weight, by name or on the filter's own map. */
function WeightChoice({ inspection, index }: { readonly inspection: Inspection; readonly index: number }) {
  const layout = layoutOf(inspection, WEIGHT)!;
  const { height, width, tiles, others, unit, otherUnit } = layout;
  const spot = layout.spotOf(index);
  const slice = layout.slice(spot.tile, spot.other);
  const scale = useMemo(() => scaleOf({ data: layout.data }), [layout.data]);
  const to = (changes: Partial<typeof spot>): void => choose({ index: layout.indexOf({ ...spot, ...changes }) });
  return (
    <div class="row">
      <ValueMap
        height={height}
        width={width}
        values={slice}
        scale={scale}
        label={`${unit} ${spot.tile}, ${otherUnit} ${spot.other}`}
        size={120}
        cursor={spot}
        onPick={(row, column) => to({ row, column })}
      />
      <div class="stack">
        {tiles > 1 && <Place label={unit} value={spot.tile} count={tiles} onChange={tile => to({ tile })} />}
        {others > 1 && <Place label={otherUnit} value={spot.other} count={others} onChange={other => to({ other })} />}
        {height > 1 && <Place label="row" value={spot.row} count={height} onChange={row => to({ row })} />}
        {width > 1 && <Place label="column" value={spot.column} count={width} onChange={column => to({ column })} />}
      </div>
    </div>
  );
}

/** The backward pass layer by layer: what arrives at each, down to the kernel. */
function WayBack({ inspection }: { readonly inspection: Inspection }) {
  const { layers, tensors } = inspection;
  const names = ['logits/gradient', ...layers.map(({ index }) => `layer${index}/output/gradient`).reverse(), `${WEIGHT}/gradient`];
  const rows = names.flatMap(name => tensors[name] ?? []);
  return (
    <section class="card stack" aria-label="The backward pass">
      <h2>
        The loss is <span class="mono">{number(tensors.loss?.data[0] ?? Number.NaN)}</span>: its gradient goes back
      </h2>
      <Scroll label="Gradients, from the last layer to the first">
        <table>
          <thead>
            <tr>
              <th scope="col">gradient of the output of</th>
              <th class="num">numbers</th>
              <th class="num">norm</th>
              <th class="num">zeros</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, shape, data }) => {
              const layer = layers[layerOf(inspection, name)]!;
              return (
                <tr key={name}>
                  <th scope="row">
                    <a href={linkTo('number', { tensor: name, lesson: undefined, step: undefined })}>
                      {layer.name}
                      {name === 'logits/gradient' ? ', logits' : name === `${WEIGHT}/gradient` ? ', kernel' : ''}
                    </a>
                  </th>
                  <td class="num">{shapeOf(name === `${WEIGHT}/gradient` ? shape : shape.slice(1))}</td>
                  <td class="num">{number(Math.hypot(...Array.from(data)), 3)}</td>
                  <td class="num">{percent(Array.from(data).filter(value => value === 0).length / data.length, 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

/** Where a weight stands in its kernel. */
function placeOf(inspection: Inspection, { one: { weight, index } }: Try): string {
  const layout = layoutOf(inspection, weight);
  if (!layout) return `${index}`;
  const { tile, other, row, column } = layout.spotOf(index);
  return `${layout.unit} ${tile}, ${layout.otherUnit} ${other}, row ${row}, column ${column}`;
}

function Tries({ inspection, all }: { readonly inspection: Inspection; readonly all: readonly Try[] }) {
  return (
    <section class="card" aria-label="What the loss did">
      <Scroll label="Tries">
        <table>
          <thead>
            <tr>
              <th scope="col">weight</th>
              <th class="num">moved by</th>
              <th class="num">loss below</th>
              <th class="num">loss</th>
              <th class="num">loss above</th>
              <th class="num">slope</th>
              <th class="num">gradient</th>
            </tr>
          </thead>
          <tbody>
            {all.map((each, i) => (
              <tr key={all.length - i} data-try={i}>
                <th scope="row">{placeOf(inspection, each)}</th>
                <td class="num">± {each.by}</td>
                <td class="num">{each.below.toFixed(7)}</td>
                <td class="num">{each.loss.toFixed(7)}</td>
                <td class="num">{each.above.toFixed(7)}</td>
                <td class="num">{number(each.slope)}</td>
                <td class="num">{number(each.gradient)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="small quiet">Slope: the loss above less the loss below, divided by how far apart both weights are.</p>
    </section>
  );
}

/** How the loss changes on the way, beside what the gradient foretells. */
function Curve({ of: { moves, changes, gradient } }: { readonly of: Try }) {
  const data = useMemo(() => [moves, changes, moves.map(move => gradient * move)], [moves]);
  const series = [
    { label: 'computed', color: 0, points: true },
    { label: 'as the gradient says', color: 1, dashed: true },
  ];
  return <Chart title="How the loss changes" series={series} data={data} xLabel="move" height={220} />;
}
