import type { ComponentChildren } from 'preact';

interface ScrollProps {
  readonly kind?: string;
  /** Makes it a region of that name. */
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** What may be wider than its place, and scrolls then: by the keyboard too. */
export function Scroll({ kind = '', label, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class={`scroll ${kind}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
