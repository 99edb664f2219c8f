import { messageOf } from '../../engine/message_of.js';
import type { OpenedExecutor } from '../../run/opened.js';
import type { Command, OpenCommand, ServerEvent, StartCommand } from '../protocol.js';
import { type Ask, type FromEngine, respond, type ToEngine } from './channel.js';
import { Goalkeeper } from './goal.js';
import type { Host, Progress, ReadyToTrain } from './host.js';
import { HttpError } from './http_error.js';
import type { LiveRun } from './live.js';
import { Session } from './session.js';
import { emptyRun, watchRun } from './watch.js';

interface RunUnderWay {
  readonly abort: AbortController;
  /** Absent while it loads. */
  live?: LiveRun;
  /** Whether it was interrupted. */
  done: Promise<boolean>;
}

/** What computes for a studio: one model at a time, opened or trained. Troubles become events; it lives on. */
export class Engine {
  readonly #host: Host;
  readonly #send: (message: FromEngine) => void;
  #device: Promise<OpenedExecutor> | undefined;
  #session: Session | undefined;
  #run: RunUnderWay | undefined;
  #runs = 0;
  #opening: Promise<void> | undefined;

  constructor(host: Host, send: (message: FromEngine) => void) {
    this.#host = host;
    this.#send = send;
  }

  receive(message: ToEngine): void {
    if (message.type === 'ask') void respond(message.id, message.ask, ask => this.#answer(ask), this.#send);
    else void this.command(message.command);
  }

  /** Opens the device; a second call gives the same, or tries again where the first failed. */
  open(): Promise<OpenedExecutor> {
    this.#device ??= this.#host.open(this.#progress).then(
      device => {
        this.#event({ type: 'machine', machine: device.machine });
        device.onNotice(message => this.#event({ type: 'error', message }));
        return device;
      },
      error => {
        this.#device = undefined;
        throw error;
      },
    );
    return this.#device;
  }

  async command(command: Command): Promise<void> {
    try {
      await this.#do(command);
    } catch (error) {
      this.#event({ type: 'error', message: messageOf(error) });
    }
  }

  /** Ends a run as `stop` does, and gives everything back. Whether a run was interrupted. */
  async close(): Promise<boolean> {
    this.#run?.abort.abort();
    const interrupted = (await this.#run?.done) ?? false;
    await this.#session?.close();
    const device = await this.#device?.catch(() => undefined);
    await device?.executor.close();
    return interrupted;
  }

  async #do(command: Command): Promise<void> {
    switch (command.type) {
      case 'start':
        await this.#whileIdle('start another');
        return this.#start(command);
      case 'open':
        await this.#whileIdle('open a model');
        this.#opening = this.#open(command).finally(() => {
          this.#opening = undefined;
        });
        return this.#opening;
      case 'stop':
        this.#running().abort.abort();
        return;
      case 'pause':
        this.#live().pause();
        return;
      case 'resume':
        this.#live().resume();
        return;
      case 'step':
        if (!this.#live().isPaused) throw new Error('pause the run first: steps are taken one by one while it is paused');
        this.#live().step();
    }
  }

  #start(command: StartCommand): void {
    const run: RunUnderWay = { abort: new AbortController(), done: Promise.resolve(false) };
    this.#run = run;
    const onLive = (live: LiveRun): void => {
      run.live = live;
    };
    run.done = this.#train(command, run.abort.signal, onLive).finally(() => {
      this.#run = undefined;
    });
  }

  /** Whether it was interrupted. */
  async #train(command: StartCommand, signal: AbortSignal, onLive: (live: LiveRun) => void): Promise<boolean> {
    const id = ++this.#runs;
    const { config, goal } = command;
    this.#event({ type: 'run', run: emptyRun({ id, config, goal }, 'loading') });
    const goalkeeper = goal && new Goalkeeper(goal);
    let live: LiveRun | undefined;
    const end = (state: 'ended' | 'stopped' | 'failed', message?: string): void => {
      this.#event({ type: 'state', state, step: live ? (this.#session?.parts.model.step ?? 0) : 0, epoch: 0, message });
    };
    let before: Session | undefined;
    let ready: ReadyToTrain | undefined;
    try {
      const device = await this.open();
      before = await this.#setAside();
      ready = await this.#host.ready(command, device, this.#progress);
      const begun = { ...ready, id, goal };
      const train = async (): Promise<boolean> => {
        const watched = await watchRun(begun, event => this.#event(event), signal).catch(async (error: unknown) => {
          await begun.model.close();
          throw error;
        });
        this.#session = watched.session;
        await before?.close();
        before = undefined;
        live = watched.live;
        onLive(live);
        return (await begun.train(goalkeeper ? [goalkeeper, live] : [live], signal)).interrupted;
      };
      // A run that has a minute is over before its kernels were tried.
      const interrupted = await (goal ? device.untuned(train) : train());
      end(interrupted ? 'stopped' : 'ended', interrupted ? 'saved: it can be resumed' : goalkeeper?.outcome);
      return interrupted;
    } catch (error) {
      this.#session ??= before;
      end('failed', messageOf(error));
      return false;
    } finally {
      await live?.end();
      await ready?.release();
    }
  }

  async #open(command: OpenCommand): Promise<void> {
    const device = await this.open();
    const session = new Session(await this.#host.load(command, device, this.#progress));
    const before = this.#session;
    this.#session = session;
    await before?.close();
    this.#event({ type: 'model', model: session.summary });
    this.#event({ type: 'data', data: session.data });
  }

  /** Takes the model away, once it is asked for nothing: a run that is loaded seeds the streams that answers draw from and put back. */
  async #setAside(): Promise<Session | undefined> {
    const session = this.#session;
    this.#session = undefined;
    await session?.idle();
    return session;
  }

  #answer(ask: Ask): ReturnType<Session['answer']> {
    if (!this.#session) return Promise.reject(new HttpError(409, 'there is no model yet: start a run, or open a checkpoint'));
    return this.#session.answer(ask);
  }

  /** Resolves when no model is being opened. Throws where a run is under way, also one that was begun meanwhile. */
  async #whileIdle(what: string): Promise<void> {
    const refuse = (): void => {
      if (this.#run) throw new Error(`a run is under way: stop it to ${what}`);
    };
    refuse();
    while (this.#opening) await this.#opening.catch(() => {});
    refuse();
  }

  #running(): RunUnderWay {
    if (!this.#run) throw new Error('no run is under way');
    return this.#run;
  }

  #live(): LiveRun {
    const { live } = this.#running();
    if (!live) throw new Error('the run is still loading');
    return live;
  }

  readonly #progress: Progress = (text, done, total) => this.#event({ type: 'progress', text, done, total });

  #event(event: ServerEvent): void {
    this.#send({ type: 'event', event });
  }
}
