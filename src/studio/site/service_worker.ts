/**
 * Keeps the site's files, so that it opens without a network once it was opened. All files but the page itself have a digest in their names and never change:
 * what is kept is given without asking. A newer site is fetched while the old one is used, and shown the next time.
 */

/** Set when the site is built: the files by their addresses relative to this script, and a digest of them all. */
declare const __FILES__: readonly string[];
declare const __DIGEST__: string;

/** What is used of a service worker's global scope, which TypeScript knows only apart from a page's. */
interface Scope {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: 'install' | 'activate', listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;

/** Another folder of the same server may have a site of its own. */
const PREFIX = `wgrad ${scope.registration.scope} `;
const CURRENT = PREFIX + __DIGEST__;

/** The one before is kept: a page that is open may yet ask for its files. */
const KEPT = 2;

async function keep(): Promise<void> {
  const cache = await caches.open(CURRENT);
  // Asked anew, past what the browser keeps of an older page.
  await cache.addAll(__FILES__.map(file => new Request(file, { cache: 'no-cache' })));
  await scope.skipWaiting();
}

async function clean(): Promise<void> {
  const own = (await caches.keys()).filter(name => name.startsWith(PREFIX) && name !== CURRENT);
  await Promise.all(own.slice(0, Math.max(0, own.length - (KEPT - 1))).map(name => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const { scope: root } = scope.registration;
  const path = new URL(request.url).href.split(/[?#]/)[0]!;
  const isPage = path === root || path === `${root}index.html`;
  const current = await caches.open(CURRENT);
  const kept = isPage ? await current.match(`${root}index.html`) : ((await current.match(path)) ?? (await caches.match(path)));
  return kept ?? fetch(request);
}

scope.addEventListener('install', event => event.waitUntil(keep()));
scope.addEventListener('activate', event => event.waitUntil(clean()));
scope.addEventListener('fetch', event => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(scope.registration.scope)) event.respondWith(answer(request));
});
