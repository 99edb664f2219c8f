import { WorkerLink } from '../../site/worker_link.js';
import { HttpLink } from './http_link.js';
import type { StudioLink } from './link.js';

/** Who answers this page: the studio's server, or in the site a worker of the page. */
export const link: StudioLink = import.meta.env.MODE === 'site' ? new WorkerLink() : new HttpLink();
