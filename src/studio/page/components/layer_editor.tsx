import type { DraftRow } from '../build/draft.js';
import { type Editor, editorsOf, labelOf, OFFERS } from '../build/kinds.js';
import { big, count, shapeOf } from '../draw/format.js';
import { addLayer, draft, moveLayer, removeLayer, setField } from '../state/draft.js';

/** A number that is typed; what is no number is kept as nothing, which the layer then says. */
const typed = (text: string): number | null => (text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text));

function FieldEditor({ row, editor, index }: { readonly row: DraftRow; readonly editor: Editor; readonly index: number }) {
  const { id, config } = row.draft;
  const { field, label, type, choices = [] } = editor;
  const value = config[field];
  const name = `${label} of layer ${index}`;
  if (type === 'choice') {
    return (
      <label class="field">
        <span>{label}</span>
        <select aria-label={name} value={value as string} onChange={event => setField(id, field, event.currentTarget.value)}>
          {choices.map(each => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
    );
  }
  if (type === 'pair') {
    const [first, second] = value as readonly [number | null, number | null];
    const isSquare = first === second;
    const set = (pair: readonly (number | null)[]): void => setField(id, field, pair);
    return (
      <label class="field">
        <span>{label}</span>
        <span class="pair">
          <input
            type="number"
            min={1}
            aria-label={isSquare ? name : `${name}, rows`}
            value={first ?? ''}
            onInput={event => set([typed(event.currentTarget.value), isSquare ? typed(event.currentTarget.value) : second])}
          />
          <span aria-hidden="true">×</span>
          {isSquare ? (
            <span class="same">{second ?? '?'}</span>
          ) : (
            <input
              type="number"
              min={1}
              aria-label={`${name}, columns`}
              value={second ?? ''}
              onInput={event => set([first, typed(event.currentTarget.value)])}
            />
          )}
        </span>
      </label>
    );
  }
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        aria-label={name}
        {...(type === 'share' ? { min: 0, max: 0.95, step: 0.05 } : { min: 1, step: 1 })}
        value={(value as number | null) ?? ''}
        onInput={event => setField(id, field, typed(event.currentTarget.value))}
      />
    </label>
  );
}

/** How much of the picture a number of the layer looks at. */
function Sees({ field, input }: { readonly field: readonly [number, number]; readonly input: readonly number[] }) {
  const [height, width] = input as [number, number];
  const [rows, columns] = field;
  const all = rows >= height && columns >= width;
  const text = all ? 'sees all' : `sees ${rows} × ${columns}`;
  return (
    <span class="sees" title={`A number of this layer depends on ${rows} × ${columns} pixels of ${height} × ${width}: its receptive field`}>
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <rect class="whole" width={width} height={height} />
        <rect class="seen" x={(width - columns) / 2} y={(height - rows) / 2} width={columns} height={rows} />
      </svg>
      {text}
    </span>
  );
}

interface Props {
  readonly row: DraftRow;
  readonly index: number;
  readonly last: number;
  /** The most that a layer of the network has of each. */
  readonly most: { readonly parameters: number; readonly flops: number };
}

const DRAGGED = 'application/x-wgrad-layer';

/** A layer of the network that is built: what can be changed of it, and what comes of that. */
export function LayerEditor({ row, index, last, most }: Props) {
  const { draft: layer, outputShape, parameters, flops, field, problem } = row;
  const label = labelOf(layer.kind);
  const input = draft.value.inputShape;
  const share = (value: number, of: number): string => `${(100 * value) / Math.max(1, of)}%`;
  return (
    <li
      class={`build-layer${problem ? ' wrong' : ''}`}
      aria-label={`Layer ${index}: ${label}`}
      onDragOver={event => event.dataTransfer?.types.includes(DRAGGED) && event.preventDefault()}
      onDrop={event => {
        const id = Number(event.dataTransfer?.getData(DRAGGED));
        if (id) moveLayer(id, index);
      }}
    >
      <div class="build-row">
        <span
          class="grip"
          draggable
          aria-hidden="true"
          title="Drag to another place"
          onDragStart={event => event.dataTransfer?.setData(DRAGGED, `${layer.id}`)}
        >
          ⠿
        </span>
        <strong class="build-kind">{label}</strong>
        <div class="build-fields">
          {editorsOf(layer.config).map(editor => (
            <FieldEditor key={editor.field} row={row} editor={editor} index={index} />
          ))}
        </div>
        <span class="build-moves">
          <button
            type="button"
            class="plain"
            aria-label={`Move layer ${index} up`}
            disabled={index === 0}
            onClick={() => moveLayer(layer.id, index - 1)}
          >
            ↑
          </button>
          <button
            type="button"
            class="plain"
            aria-label={`Move layer ${index} down`}
            disabled={index === last}
            onClick={() => moveLayer(layer.id, index + 1)}
          >
            ↓
          </button>
          <button type="button" class="plain" aria-label={`Take out layer ${index}`} onClick={() => removeLayer(layer.id)}>
            ×
          </button>
        </span>
      </div>
      {outputShape && (
        <div class="build-facts small">
          <strong>{shapeOf(outputShape)}</strong>
          {field ? <Sees field={field} input={input} /> : <span />}
          <span class="share">
            {count(parameters)} weights
            <span class="bar" style={{ width: share(parameters, most.parameters) }} />
          </span>
          <span class="share">
            {big(flops)}FLOP
            <span class="bar" style={{ width: share(flops, most.flops) }} />
          </span>
        </div>
      )}
      {problem && (
        <p class="bad small" role="alert">
          {problem}
        </p>
      )}
      <AddLayer place={index + 1} label={`Add a layer below layer ${index}`} />
    </li>
  );
}

/** Adds a layer in a place. */
export function AddLayer({ place, label }: { readonly place: number; readonly label: string }) {
  return (
    <span class="build-add">
      <select
        aria-label={label}
        title={label}
        value=""
        onChange={event => {
          addLayer(event.currentTarget.value, place);
          event.currentTarget.value = '';
        }}
      >
        <option value="">+ layer</option>
        {OFFERS.map(({ kind, label: name, about }) => (
          <option key={kind} value={kind}>
            {name}: {about}
          </option>
        ))}
      </select>
    </span>
  );
}
