import { HttpLink } from './http_link.js';
import type { StudioLink } from './link.js';

/** Who answers this page. */
export const link: StudioLink = new HttpLink();
