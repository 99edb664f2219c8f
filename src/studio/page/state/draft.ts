import { computed, signal } from '@preact/signals';
import { batchNormalization, conv2d, dense, flatten, globalAveragePooling2d, type Layer, maxPooling2d } from '../../../nn/layers.js';
import { completeConfig, OFFERS } from '../build/kinds.js';
import { type Draft, draftOf, lookAtDraft, nextId } from '../build/network.js';
import { SMALL_RATE, SMALL_SIZE, smallLayers } from '../build/small_network.js';

const KEY = 'wgrad-studio-network';

/** Changes that can be undone. */
const MOST_UNDONE = 50;

const SMALL_PICTURE = { inputShape: [SMALL_SIZE, SMALL_SIZE, 3] } as const;

/** Networks to begin from. */
export const EXAMPLES: Readonly<Record<string, { readonly label: string; readonly layers: () => Layer[] }>> = {
  small: { label: 'Small network of the first page', layers: smallLayers },
  none: {
    label: 'No convolution',
    layers: () => [flatten(SMALL_PICTURE), dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })],
  },
  normalized: {
    label: 'Deeper, with batch normalization',
    layers: () => [
      conv2d(8, 3, { padding: 'same', activation: 'relu', ...SMALL_PICTURE }),
      batchNormalization(),
      maxPooling2d(2),
      conv2d(16, 3, { padding: 'same', activation: 'relu' }),
      batchNormalization(),
      maxPooling2d(2),
      conv2d(16, 3, { activation: 'relu' }),
      globalAveragePooling2d(),
      dense(2, { activation: 'softmax' }),
    ],
  },
};

const TRAINED_BY = { optimizer: { name: 'adam', learningRate: SMALL_RATE, momentum: 0 }, loss: 'binaryCrossentropy' } as const;

export const exampleDraft = (name: string): Draft => ({
  inputShape: [SMALL_SIZE, SMALL_SIZE, 3],
  layers: draftOf(EXAMPLES[name]!.layers()),
  ...TRAINED_BY,
});

/** The one of the last visit, unless it can't be read any more. */
function keptDraft(): Draft | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Draft | null;
    if (!kept) return undefined;
    const found: Draft = { ...kept, layers: kept.layers.map(layer => ({ ...layer, id: nextId() })) };
    lookAtDraft(found, 2);
    return found;
  } catch {
    return undefined;
  }
}

/** How many classes the network is to tell apart. */
export const draftClasses = signal(2);
export const draft = signal<Draft>(keptDraft() ?? exampleDraft('small'));
const before = signal<readonly Draft[]>([]);
export const canUndo = computed(() => before.value.length > 0);
export const draftRows = computed(() => lookAtDraft(draft.value, draftClasses.value));
export const draftProblem = computed(() =>
  draftRows.value.length === 0 ? 'It has no layers yet.' : draftRows.value.find(({ problem }) => problem !== undefined)?.problem,
);

function keep(next: Draft): void {
  draft.value = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing: the draft lasts as long as the page.
  }
}

/** Changes the draft, so that undo() takes it back. */
export function edit(changes: Partial<Draft>): void {
  before.value = [...before.value, draft.value].slice(-MOST_UNDONE);
  keep({ ...draft.value, ...changes });
}

export function undo(): void {
  const last = before.value.at(-1);
  if (!last) return;
  before.value = before.value.slice(0, -1);
  keep(last);
}

export function setField(id: number, field: string, value: unknown): void {
  edit({ layers: draft.value.layers.map(layer => (layer.id === id ? { ...layer, config: { ...layer.config, [field]: value } } : layer)) });
}

export function removeLayer(id: number): void {
  edit({ layers: draft.value.layers.filter(layer => layer.id !== id) });
}

/** Puts a new layer in a place, counted from 0. */
export function addLayer(kind: string, place: number): void {
  const { base } = OFFERS.find(offer => offer.kind === kind)!;
  edit({ layers: draft.value.layers.toSpliced(place, 0, { id: nextId(), kind, config: completeConfig(kind, base) }) });
}

export function moveLayer(id: number, to: number): void {
  const { layers } = draft.value;
  const from = layers.findIndex(layer => layer.id === id);
  const place = Math.max(0, Math.min(layers.length - 1, to));
  if (from < 0 || from === place) return;
  const rest = layers.toSpliced(from, 1);
  edit({ layers: rest.toSpliced(place, 0, layers[from]!) });
}
