import { computed, signal } from '@preact/signals';

/** The views, in the order of the navigation. */
export const VIEWS = ['home', 'build', 'train', 'network', 'number', 'shader', 'learned', 'lessons', 'gpu'] as const;
export type View = (typeof VIEWS)[number];

/** What the address says: '#/number?tensor=conv2d&index=3' is { view: 'number', path: [], params: { tensor: 'conv2d', index: '3' } }. */
export interface Route {
  readonly view: View;
  /** What follows the view: ['pooling'] of '#/lessons/pooling'. */
  readonly path: readonly string[];
  readonly params: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [place = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first, ...path] = place.split('/').filter(Boolean).map(decodeURIComponent);
  const view = VIEWS.find(name => name === first) ?? 'home';
  return { view, path, params: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatRoute({ view, path, params }: Route): string {
  // A slash may stand in a query as it is, which keeps names of tensors readable.
  const query = new URLSearchParams(params).toString().replaceAll('%2F', '/').replaceAll('%2C', ',');
  return `#/${[view, ...path.map(encodeURIComponent)].join('/')}${query && `?${query}`}`;
}

export const route = signal<Route>(parseRoute(location.hash));
export const view = computed(() => route.value.view);
export const params = computed(() => route.value.params);

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

/** Names kept when the view changes: what is looked at stays the same, and so does an open lesson. */
const SHARED = ['picture', 'model', 'lesson', 'step'];

/** The address of a view; what is looked at (picture, model, lesson) is kept unless `params` says otherwise. */
export function linkTo(to: View, params: Readonly<Record<string, string | number | undefined>> = {}, path: readonly string[] = []): string {
  const kept = Object.entries(route.value.params).filter(([name]) => SHARED.includes(name));
  return formatRoute({ view: to, path, params: { ...Object.fromEntries(kept), ...defined(params) } });
}

/** Goes to a view: a step that the browser's back button takes back. */
export function go(to: View, params: Readonly<Record<string, string | number | undefined>> = {}): void {
  location.hash = linkTo(to, params);
}

/** Changes some of the present view's choices; undefined removes one. Small changes replace the address instead of adding to the history. */
export function choose(changes: Readonly<Record<string, string | number | undefined>>, options: { readonly history?: boolean } = {}): void {
  const merged = { ...route.value.params, ...changes };
  const next: Route = { ...route.value, params: defined(merged) };
  if (options.history) {
    location.hash = formatRoute(next);
    return;
  }
  history.replaceState(null, '', formatRoute(next));
  route.value = next;
}

function defined(params: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params)
      .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
      .map(([name, value]) => [name, `${value}`]),
  );
}

/** A choice that is a number, or `fallback`. */
export function numberOf(name: string, fallback: number): number {
  const value = Number(params.value[name] ?? '');
  return params.value[name] === undefined || !Number.isFinite(value) ? fallback : value;
}
