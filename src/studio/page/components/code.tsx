import { useMemo } from 'preact/hooks';
import { highlight } from '../shader/highlight.js';

interface Props {
  readonly source: string;
  readonly label: string;
  /** Values that are known of what a line declares, shown behind it. */
  readonly values?: readonly (number | undefined)[];
}

/** WGSL with line numbers. */
export function Code({ source, label, values }: Props) {
  const lines = useMemo(() => source.trimEnd().split('\n').map(highlight), [source]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="code" tabIndex={0} aria-label={label}>
      {lines.map((html, i) => {
        const value = values?.[i];
        return (
          <span key={i} class={value === undefined ? 'line' : 'line known'}>
            {/* The highlighter escapes what is not its own. */}
            <code dangerouslySetInnerHTML={{ __html: html || ' ' }} />
            {value !== undefined && <span class="ghost"> = {value}</span>}
            {'\n'}
          </span>
        );
      })}
    </section>
  );
}
