import type { Query } from './link.js';

/** The address of one of ROUTES beside the page. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]));
  return given.length > 0 ? `.${path}?${search}` : `.${path}`;
}
