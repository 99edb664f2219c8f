import { dirname } from 'node:path';
import type { Callback } from '../nn/callbacks/callback.js';
import { version } from '../node/paths.js';
import { note } from '../node/terminal.js';
import type { ReadyRun } from '../run/compiling.js';
import type { OpenedExecutor } from '../run/opened.js';
import { type FromEngine, respond, type ToEngine } from '../studio/engine/channel.js';
import type { LiveRun } from '../studio/engine/live.js';
import { watchRun } from '../studio/engine/watch.js';
import { watchedRun } from '../studio/engine/watched_run.js';
import type { Command, ServerEvent } from '../studio/protocol.js';
import { READS } from '../studio/server/host.js';
import { onEndingSignal } from './signals.js';
import { PAGE, SHADERS } from './studio.js';
import { startProgram, tell } from './studio_process.js';
import type { Address, ServerOptions } from './studio_server.js';

/** Why a run's signal is aborted when a page asks for it, in place of a person at the terminal. */
export const STOPPED_BY_PAGE = Symbol('stopped by the page');

export interface StudioWatch {
  /** For fit(). */
  readonly callback: Callback;
  /** After fit(): tells pages of its end and serves them until Ctrl-C. */
  untilSignal(interrupted: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts the process that serves pages, and tells it of a run of this one. */
export async function watchInStudio(ready: ReadyRun, device: OpenedExecutor, interrupt: AbortController): Promise<StudioWatch> {
  const watched = watchedRun(ready, { ...device, ...READS });
  const options: ServerOptions = {
    port: 0,
    version,
    page: PAGE,
    shaders: SHADERS,
    runs: dirname(watched.config.out),
    defaults: watched.config,
    canStart: false,
  };
  const server = startProgram('studio_server', options);
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()));
  const send = (message: FromEngine): void => tell(server, message);
  const event = (of: ServerEvent): void => send({ type: 'event', event: of });
  device.onNotice(message => event({ type: 'error', message }));
  event({ type: 'machine', machine: device.machine });
  const { session, live } = await watchRun({ ...watched, id: 1 }, event, interrupt.signal);
  server.on('message', (message: ToEngine | Address) => {
    if (message.type === 'address') note(`Studio: ${message.url}`);
    else if (message.type === 'failure') note(`The studio does not run: ${message.message}`);
    else if (message.type === 'ask') void respond(message.id, message.ask, ask => session.answer(ask), send);
    else obey(message.command, live, interrupt, text => event({ type: 'error', message: text }));
  });
  return {
    callback: live,
    untilSignal: async interrupted => {
      await live.end();
      event({ type: 'state', state: interrupted ? 'stopped' : 'ended', step: ready.model.step, epoch: 0 });
      note('The studio stays open until Ctrl-C.');
      await Promise.race([ended, new Promise<void>(resolve => onEndingSignal(resolve))]);
    },
    close: async () => {
      await live.end();
      if (server.connected) server.disconnect();
      await ended;
    },
  };
}

function obey(command: Command, live: LiveRun, interrupt: AbortController, refuse: (message: string) => void): void {
  if (!live.isTraining) refuse('the run has ended');
  else if (command.type === 'pause') live.pause();
  else if (command.type === 'resume') live.resume();
  else if (command.type === 'stop') interrupt.abort(STOPPED_BY_PAGE);
  else if (command.type === 'step' && live.isPaused) live.step();
  else refuse(`'${command.type}' can't be done now`);
}
