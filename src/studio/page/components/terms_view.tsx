import { useMemo, useState } from 'preact/hooks';
import { largestTerms } from '../../../inspect/terms.js';
import type { Inspection, Place, Term, Terms } from '../../../inspect/types.js';
import { count, number } from '../draw/format.js';
import { cssColor, type Scale, scaleOf } from '../draw/scale.js';
import { model } from '../state/live.js';
import { termLabel } from '../state/names.js';
import { linkTo } from '../state/route.js';
import { sweepOf, type WindowGroup, windowGroups } from '../state/windows.js';
import { Scroll } from './scroll.js';
import { SweepMaps } from './sweep_maps.js';

/** Enough to tell every float32 from its neighbours. */
const DIGITS = 10;

const FEW = 6;
const ROWS = 12;

/** A number with the way to how it was computed, where it lies in a buffer. */
export function Linked({ value, at }: { readonly value: number; readonly at?: Place | undefined }) {
  const text = <span title={`${value}`}>{number(value)}</span>;
  return at ? <a href={linkTo('number', { tensor: at.tensor, index: at.index })}>{text}</a> : text;
}

interface GridProps {
  readonly group: WindowGroup;
  readonly of: (term: Term) => number;
  readonly at?: (term: Term) => Place | undefined;
  readonly scale: Scale;
  readonly label: string;
}

/** One factor of each term, or their products, as they lie in the window. */
function Grid({ group: { height, width, cells }, of, at, scale, label }: GridProps) {
  return (
    <table class="window" aria-label={label}>
      <tbody>
        {Array.from({ length: height }, (_, row) => (
          <tr key={row}>
            {cells.slice(row * width, (row + 1) * width).map((term, column) => {
              if (!term) return <td key={column} class="outside" title="not in the sum" />;
              const value = of(term);
              const { ground, ink } = cssColor(scale, value);
              const place = at?.(term);
              return (
                <td
                  key={column}
                  class={term.isChosen ? 'chosen' : ''}
                  style={{ background: ground, color: ink }}
                  title={`${term.label}${term.isPadding ? ' (padding)' : ''}: ${value}`}
                >
                  {place ? (
                    <a href={linkTo('number', { tensor: place.tensor, index: place.index })}>{number(value, 3)}</a>
                  ) : (
                    number(value, 3)
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A group's label, as a term of it is called. */
function groupLabel({ label, cells }: WindowGroup, labelOf: (term: Term) => string): string {
  const first = cells.find(cell => cell !== undefined);
  return first ? labelOf({ ...first, label }) : label;
}

interface WindowsProps {
  readonly groups: readonly WindowGroup[];
  readonly terms: Terms;
  readonly labelOf: (term: Term) => string;
}

/** Windows, kernels and products channel by channel, those that weigh most first. */
function Windows({ groups, terms, labelOf }: WindowsProps) {
  const [all, setAll] = useState(false);
  const sorted = [...groups].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const shown = all ? sorted : sorted.slice(0, FEW);
  const rest = sorted.slice(shown.length).reduce((sum, group) => sum + group.sum, 0);
  const { lefts, rights, products } = useMemo(
    () => ({
      lefts: scaleOf({ data: terms.terms.map(({ left }) => left) }),
      rights: scaleOf({ data: terms.terms.map(({ right }) => right) }),
      products: scaleOf({ data: terms.terms.map(({ product }) => product) }),
    }),
    [terms],
  );
  if (terms.combine === 'max') {
    return (
      <Grid group={groups[0]!} of={({ left }) => left} at={({ leftAt }) => leftAt} scale={lefts} label="The window; the winner is framed" />
    );
  }
  return (
    <div class="stack">
      <div class="windows">
        {shown
          .map(unnamed => ({ ...unnamed, label: groupLabel(unnamed, labelOf) }))
          .map(group => (
            <figure key={group.label} class="window-sum">
              <figcaption class="small quiet">{group.label}</figcaption>
              <div class="window-row">
                <Grid group={group} of={({ left }) => left} at={({ leftAt }) => leftAt} scale={lefts} label={`${group.label}: window`} />
                <span aria-hidden="true">×</span>
                <Grid
                  group={group}
                  of={({ right }) => right}
                  at={({ rightAt }) => rightAt}
                  scale={rights}
                  label={`${group.label}: kernel`}
                />
                <span aria-hidden="true">=</span>
                <Grid group={group} of={({ product }) => product} scale={products} label={`${group.label}: products`} />
                <span class="num">
                  Σ <strong>{number(group.sum)}</strong>
                </span>
              </div>
            </figure>
          ))}
      </div>
      {sorted.length > FEW && (
        <p class="small">
          {!all && `${sorted.length - FEW} more add up to ${number(rest)}. `}
          <button type="button" onClick={() => setAll(!all)}>
            {all ? 'Show only the largest' : 'Show all'}
          </button>
        </p>
      )}
    </div>
  );
}

/** The terms one below the other, the largest first. Where all count as they are, without the 1 that each is multiplied with. */
function TermTable({ terms, labelOf }: { readonly terms: Terms; readonly labelOf: (term: Term) => string }) {
  const [limit, setLimit] = useState(ROWS);
  const { shown, rest } = useMemo(() => largestTerms(terms, limit), [terms, limit]);
  const others = terms.terms.length - shown.length;
  const most = Math.abs(shown[0]?.product ?? 1) || 1;
  const isPlain = shown.every(({ right, rightAt }) => right === 1 && rightAt === undefined);
  if (shown.length === 0) return null;
  return (
    <div class="stack">
      <Scroll>
        <table class="term-table">
          <thead>
            <tr>
              <th>From</th>
              <th class="num">{isPlain ? 'Number' : 'Left'}</th>
              {!isPlain && (
                <>
                  <th class="num">Right</th>
                  <th class="num">Product</th>
                </>
              )}
              <th>
                <span class="hidden">Size</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((term, i) => (
              <tr key={i} class={term.isChosen ? 'chosen' : ''}>
                <td>
                  {labelOf(term)}
                  {term.isChosen && <span class="small quiet">{CHOSEN[terms.combine]}</span>}
                </td>
                <td class="num">
                  <Linked value={term.left} at={term.leftAt} />
                </td>
                {!isPlain && (
                  <>
                    <td class="num">
                      <Linked value={term.right} at={term.rightAt} />
                    </td>
                    <td class="num">{number(term.product)}</td>
                  </>
                )}
                <td class="bar-cell">
                  <span
                    class={term.product < 0 ? 'bar negative' : 'bar positive'}
                    style={{ width: `${(100 * Math.abs(term.product)) / most}%` }}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {others > 0 && (
        <p class="small">
          {count(others)} smaller ones
          {terms.combine === 'max' ? '' : ` add up to ${number(rest)}`}.{' '}
          <button type="button" onClick={() => setLimit(limit * 4)}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}

/** What is said of the term that 'max' and 'share' take. */
const CHOSEN = { sum: '', max: ' ← the winner', share: ' ← this class, divided by the sum' } as const;

const WORDS = { sum: 'The sum', max: 'The largest', share: 'The share' } as const;

/** How one number was computed: formula, terms, and what they come to beside what the buffer holds. */
export function TermsView({ inspection, terms }: { readonly inspection: Inspection; readonly terms: Terms }) {
  const groups = useMemo(() => windowGroups(inspection, terms), [inspection, terms]);
  const sweep = sweepOf(inspection, terms);
  const { formula, bias, sum, value, note, combine } = terms;
  const apart = Math.abs(sum - value);
  const isGiven = formula === 'given';
  const classes = model.value?.classes ?? [];
  const labelOf = (term: Term): string => termLabel(inspection, term, classes);
  return (
    <div class="stack terms">
      {!isGiven && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <p class="formula mono" tabIndex={0}>
          {formula}
        </p>
      )}
      {note && <p class="small">{note}</p>}
      {!isGiven && (
        <p class="sum-line">
          {combine === 'sum' && terms.terms.length > 1 && `${count(terms.terms.length)} products${bias ? '' : '.'} `}
          {bias && (
            <>
              and the bias <Linked value={bias.value} at={bias.at} />.{' '}
            </>
          )}
          <span class="nowrap">
            {WORDS[combine]} is <output data-number="sum">{number(sum, DIGITS)}</output>,
          </span>{' '}
          <span class="nowrap">
            the buffer holds <output data-number="value">{number(value, DIGITS)}</output>
          </span>{' '}
          <span class="small quiet nowrap">{apart === 0 ? 'the same number' : `${number(apart, 3)} apart, by float32's rounding`}</span>
        </p>
      )}
      {!isGiven && groups && <Windows groups={groups} terms={terms} labelOf={labelOf} />}
      {sweep && <SweepMaps terms={terms} size={sweep} />}
      {!isGiven &&
        ((groups && combine !== 'max') || sweep ? (
          <TermDetails terms={terms} labelOf={labelOf} />
        ) : (
          <TermTable terms={terms} labelOf={labelOf} />
        ))}
    </div>
  );
}

function TermDetails(props: { readonly terms: Terms; readonly labelOf: (term: Term) => string }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary class="small quiet">The same as a list, the largest first</summary>
      {open && <TermTable {...props} />}
    </details>
  );
}
