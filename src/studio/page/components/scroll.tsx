import type { ComponentChildren } from 'preact';

/** What may be wider than its place, and scrolls then: by the keyboard too. */
export function Scroll({ kind = '', children }: { readonly kind?: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div class={`scroll ${kind}`} tabIndex={0}>
      {children}
    </div>
  );
}
