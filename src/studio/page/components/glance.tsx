import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Inspection } from '../../../inspect/types.js';
import { number } from '../draw/format.js';
import { type Flow, lastStep, type Moment, momentOf, stateOf, useFlow } from '../glance/flow.js';
import { type Direction, placeStages } from '../glance/place.js';
import { gradientOf, type Stage, sameNumbers, stagesOf } from '../glance/stages.js';
import '../style/glance.css';
import { GlanceLines } from './glance_lines.js';
import { GlanceStage } from './glance_stage.js';

/** Below this many CSS pixels the stages stand one below another. */
const NARROW = 760;

/** How high the drawing may be where stages stand beside one another. */
const HEIGHT = 430;

interface Item {
  readonly stage: number;
  readonly item: number;
}

/** The width of an element, as it changes. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(entries => setWidth(Math.floor(entries[0]!.contentRect.width)));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

/** A sentence on what is seen at a moment. */
function words(moment: Moment, stages: readonly Stage[], loss: number | undefined, isWrong: boolean): string {
  if (moment.phase === 'loss') {
    const size = loss === undefined ? '' : ` is ${number(loss, 3)}`;
    return `The loss${size}: how far the prediction is from the label${isWrong ? ', which is another class' : ''}. Now its gradient goes back.`;
  }
  const stage = stages[moment.stage]!;
  if (moment.phase === 'forward') {
    const unchanged = stage.layers.length > 1 ? ' (the next layer changes nothing here)' : '';
    return stage.layers.length === 0 ? `${stage.shape}: ${stage.about}` : `${stage.name}: ${stage.about}, to ${stage.shape}${unchanged}.`;
  }
  return `Gradient of ${stage.layers.length === 0 ? 'the pixels' : stage.name}: where a number is orange, raising it raises the loss; blue lowers it.`;
}

export interface GlanceProps {
  readonly inspection: Inspection;
  readonly classes: readonly string[];
  /** Beside the controls. */
  readonly children?: ComponentChildren;
}

/** A network's whole work on one picture: pixels to classes, then the gradient back. Each stage leads to its view. */
export function Glance({ inspection, classes, children }: GlanceProps) {
  const { ref, width } = useWidth();
  const stages = useMemo(() => stagesOf(inspection), [inspection]);
  const direction: Direction = width < NARROW ? 'down' : 'across';
  const placed = useMemo(
    () => placeStages(stages, direction, direction === 'across' ? { along: width, beside: HEIGHT } : { along: 0, beside: width }),
    [stages, direction, width],
  );
  const flow = useFlow(stages.length);
  const input = inspection.tensors.input?.data;
  const before = useRef(input);
  useEffect(() => {
    if (input && before.current && !sameNumbers(input, before.current)) flow.restart();
    before.current = input;
  }, [input]);
  const [over, setOver] = useState<Item | undefined>(undefined);
  const count = stages.length;
  const moment = momentOf(flow.step, count);
  const loss = inspection.tensors.loss?.data[0];
  const hasGradients = useMemo(() => stages.map(stage => gradientOf(inspection, stage) !== undefined), [stages]);
  return (
    <section class="glance" aria-label="What the network does with the picture">
      <div ref={ref} class="glance-room">
        {count === 0 && <p class="glance-waiting quiet">Computing…</p>}
        {width > 0 && count > 0 && (
          <div class={`glance-drawing ${direction}`} style={{ width: `${placed.width}px`, height: `${placed.height}px` }}>
            <GlanceLines
              inspection={inspection}
              placed={placed}
              direction={direction}
              step={flow.step}
              moves={flow.isPlaying}
              over={over}
            />
            {placed.stages.map((each, index) => (
              <GlanceStage
                key={each.stage.tensor}
                inspection={inspection}
                classes={classes}
                placed={each}
                direction={direction}
                state={stateOf(index, flow.step, count, hasGradients[index]!)}
                bottom={placed.height}
                onOver={item => setOver(item === undefined ? undefined : { stage: index, item })}
              />
            ))}
          </div>
        )}
      </div>
      <Controls flow={flow} count={count} text={words(moment, stages, loss, isWrong(inspection))}>
        {children}
      </Controls>
    </section>
  );
}

/** Whether the class that is said most is not the label. */
function isWrong({ tensors }: Inspection): boolean {
  const [said, label] = [tensors.probabilities?.data ?? [], tensors.labels?.data ?? []];
  const largest = (of: ArrayLike<number>): number => Array.from(of).indexOf(Math.max(...Array.from(of)));
  return said.length > 1 && largest(said) !== largest(label);
}

interface ControlsProps {
  readonly flow: Flow;
  readonly count: number;
  readonly text: string;
  readonly children: ComponentChildren;
}

function Controls({ flow, count, text, children }: ControlsProps) {
  const last = lastStep(count);
  return (
    <div class="glance-controls">
      <button type="button" onClick={() => (flow.isPlaying ? flow.pause() : flow.play())}>
        {flow.isPlaying ? 'Pause' : flow.step >= last ? 'Play again' : 'Play'}
      </button>
      <input
        type="range"
        min={0}
        max={last}
        value={flow.step}
        aria-label="Forward through the network, then the gradient back"
        aria-valuetext={text}
        style={{ '--turn': `${(100 * count) / last}%` }}
        onInput={event => flow.seek(event.currentTarget.valueAsNumber)}
      />
      <p class="small">{text}</p>
      {children}
    </div>
  );
}
