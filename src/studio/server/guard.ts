import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from '../engine/http_error.js';

/** Sites that may ask for something besides the page itself: none but the page, and a person who typed the address. */
const OWN_SITES: readonly (string | undefined)[] = [undefined, 'same-origin', 'none'];

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Decides which requests are answered. Only programs of this machine reach the server; of those, other users' programs lack the token, pages of other sites
 * have a foreign Origin, and a page whose name was made to resolve to this machine (DNS rebinding) has a foreign Host.
 */
export class Guard {
  readonly token = randomBytes(32).toString('base64url');
  readonly #digest = digest(this.token);
  #port = 0;

  set port(port: number) {
    this.#port = port;
  }

  /** Browsers give cookies to all ports of a machine, so that each studio's has a name of its own. */
  get cookie(): string {
    return `wgrad-studio-${this.#port}`;
  }

  get hosts(): readonly string[] {
    return [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
  }

  /** Throws a HttpError unless the request comes from the page, or from who knows the token. `isSocket`: an upgrade, which always has an Origin. */
  check({ headers, method }: IncomingMessage, token: string | undefined, { isSocket = false } = {}): void {
    const { host, origin } = headers;
    if (host === undefined || !this.hosts.includes(host)) throw new HttpError(403, `the studio does not answer for the host ${host}`);
    const needsOrigin = isSocket || (method !== 'GET' && method !== 'HEAD');
    if (origin === undefined ? needsOrigin : origin !== `http://${host}`) {
      throw new HttpError(403, `the studio does not answer to pages of ${origin ?? 'no known origin'}`);
    }
    const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    if (!OWN_SITES.includes(headers['sec-fetch-site'] as string | undefined) && !navigates) {
      throw new HttpError(403, 'the studio does not answer to pages of other sites');
    }
    const given = token ?? bearer(headers.authorization) ?? cookieOf(headers.cookie, this.cookie);
    if (given === undefined || !timingSafeEqual(digest(given), this.#digest)) {
      throw new HttpError(401, 'open the studio by the address that the program printed: it has a token that this one lacks');
    }
  }
}

const bearer = (header: string | undefined): string | undefined => /^Bearer (\S+)$/.exec(header ?? '')?.[1];

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}

/** Headers of every answer: nothing from elsewhere is loaded, nobody frames the page, nothing is guessed or kept. */
export function securityHeaders(hosts: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    // Curves and canvases are sized by their library through style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "worker-src 'self' blob:",
    `connect-src 'self' ${hosts.map(host => `ws://${host}`).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
