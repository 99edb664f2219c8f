import type { FromEngine, ToEngine } from '../studio/engine/channel.js';
import { Studio } from '../studio/server/studio.js';
import { guardOutput } from './output.js';
import { programOptions, tell } from './studio_process.js';

/** What the server's program is started with. */
export type ServerOptions = Omit<ConstructorParameters<typeof Studio>[0], 'send'> & { readonly port: number };

/** Besides what a server tells an engine: where it is, or why it is nowhere. */
export type Address = { readonly type: 'address'; readonly url: string } | { readonly type: 'failure'; readonly message: string };

// The process of `wgrad train --studio` that serves: what trains does not wait for pages, nor pages for it.
guardOutput();
const { port, ...options } = programOptions<ServerOptions>();
const studio = new Studio({ ...options, send: (message: ToEngine) => tell(process, message) });
process.on('message', (message: FromEngine) => studio.receive(message));
process.on('disconnect', () => void studio.close());
try {
  tell(process, { type: 'address', url: await studio.listen(port) } satisfies Address);
} catch (error) {
  tell(process, { type: 'failure', message: (error as Error).message } satisfies Address);
}
