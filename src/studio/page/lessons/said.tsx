import type { ComponentChildren } from 'preact';
import type { Inspection } from '../../../inspect/types.js';
import { number } from '../draw/format.js';
import { inspected } from '../state/inspection.js';
import { formatRoute, route } from '../state/route.js';

/** Parts of the views that a lesson's text may name, by CSS selectors below <main>. */
export const PLACES = {
  picture: '.picture-panel',
  formula: '.terms .formula',
  sum: '.terms .sum-line',
  terms: '.terms',
  gradient: '.terms',
  update: '.update',
  number: 'figcaption',
  position: 'input.place',
  map: '.maps',
  legend: '.legend',
  layer: '.layer.open',
  head: '.layer-head',
  ladder: '.ladder',
  invocation: '[aria-label="The invocation"]',
  source: '[aria-label="Source"]',
  heats: '.heats',
  neighbours: '[aria-label="Nearest neighbours"]',
  run: '.tiny-run',
} as const;
export type PlaceName = keyof typeof PLACES;

interface Marked {
  /** What shows it. */
  readonly by: PlaceName;
}

interface ShownProps extends Marked {
  /** As the view writes it, or a number that the view writes with as many digits or more. */
  readonly children?: ComponentChildren;
  /** Takes it from what the view shows; digits of a number: 4. */
  readonly of?: (inspection: Inspection) => number | string | undefined;
}

/** A number or name in a lesson's text that the view beside it shows. A click leads there. */
export function Shown({ by, children, of }: ShownProps) {
  const inspection = inspected.value?.inspection;
  const found = of && inspection && of(inspection);
  const text = typeof found === 'number' ? number(found) : found;
  return (
    <Pointer by={by} exact data-shown-by={by}>
      {of ? (text ?? '…') : children}
    </Pointer>
  );
}

/** A part of the view beside a lesson, in the lesson's own words. A click leads there. */
export function There({ by, children }: Marked & { readonly children: ComponentChildren }) {
  return (
    <Pointer by={by} data-there-is={by}>
      {children}
    </Pointer>
  );
}

interface PointerProps extends Marked {
  readonly children: ComponentChildren;
  /** Leads to the first that has the same text. */
  readonly exact?: boolean;
  readonly 'data-shown-by'?: PlaceName;
  readonly 'data-there-is'?: PlaceName;
}

/** A link to a part of the page that is open. */
function Pointer({ by, children, exact, ...marks }: PointerProps) {
  return (
    <a
      href={formatRoute(route.value)}
      class="shown"
      {...marks}
      onClick={event => {
        event.preventDefault();
        point(by, exact ? (event.currentTarget.textContent ?? '') : '');
      }}
    >
      {children}
    </a>
  );
}

/** A number of the inspection. */
export const at =
  (tensor: string, index: number) =>
  ({ tensors }: Inspection): number | undefined =>
    tensors[tensor]?.data[index];

/** A layer's output: '22 × 22 × 6'. */
export const shapeOfLayer =
  (index: number) =>
  ({ layers }: Inspection): string | undefined =>
    layers[index]?.outputShape.join(' × ');

const POINTED_MS = 2500;

/** Brings what a text names into sight and frames it for a moment: the first that has the text, else the first. */
function point(by: PlaceName, text: string): void {
  const all = [...document.querySelectorAll<HTMLElement>(`main ${PLACES[by].replaceAll(', ', ', main ')}`)].filter(
    ({ offsetParent }) => offsetParent,
  );
  const found = all.find(({ textContent }) => textContent?.includes(text)) ?? all[0];
  if (!found) return;
  found.scrollIntoView({ block: 'nearest' });
  found.classList.add('pointed');
  setTimeout(() => found.classList.remove('pointed'), POINTED_MS);
}

/** A number worked out from the model and the picture, which no view writes. */
export function Worked({ of }: { readonly of: (inspection: Inspection) => number | string | undefined }) {
  const inspection = inspected.value?.inspection;
  const found = inspection && of(inspection);
  return <span data-worked>{typeof found === 'number' ? number(found) : (found ?? '…')}</span>;
}
