import { messageOf } from '../engine/message_of.js';
import { LibraryPathError } from '../node/adapter.js';
import type { DeviceOptions } from '../run/device.js';
import type { ToEngine } from '../studio/engine/channel.js';
import { Engine } from '../studio/engine/engine.js';
import type { OpenCommand } from '../studio/protocol.js';
import { RunHost } from '../studio/server/host.js';
import { guardOutput } from './output.js';
import { onEndingSignal } from './signals.js';
import { programOptions, tell } from './studio_process.js';

/** What the engine's program is started with. */
export interface EngineOptions extends DeviceOptions {
  readonly open?: OpenCommand | undefined;
  /** The folder of runs. */
  readonly runs: string;
}

/** Besides what an engine says: that it must be started again with a driver's libraries in LD_LIBRARY_PATH. */
export interface Relaunch {
  readonly type: 'relaunch';
  readonly libraries: string;
}

/** Besides what an engine says: that it has tried to open its device, and takes messages. */
export interface Ready {
  readonly type: 'ready';
}

/** Besides what an engine is told: to finish and end. */
export interface Finish {
  readonly type: 'finish';
}

// The process of `wgrad studio` that computes. It ends with 130 where it interrupted a run.
guardOutput();
const { open, runs, ...device } = programOptions<EngineOptions>();
const engine = new Engine(new RunHost(device, runs), message => tell(process, message));
let isFinishing = false;

async function finish(): Promise<void> {
  if (isFinishing) return;
  isFinishing = true;
  if (await engine.close()) process.exitCode = 130;
  if (process.connected) process.disconnect();
}

process.on('message', (message: ToEngine | Finish) => {
  if (message.type === 'finish') void finish();
  else engine.receive(message);
});
process.on('disconnect', () => void finish());
onEndingSignal(() => void finish());

try {
  await engine.open();
  tell(process, { type: 'ready' } satisfies Ready);
  if (open !== undefined) await engine.command({ type: 'open', ...open });
} catch (error) {
  if (error instanceof LibraryPathError && !process.env.WGRAD_RELAUNCHED) {
    tell(process, { type: 'relaunch', libraries: error.libraries } satisfies Relaunch);
  } else {
    tell(process, { type: 'event', event: { type: 'error', message: messageOf(error) } });
    tell(process, { type: 'ready' } satisfies Ready);
  }
}
