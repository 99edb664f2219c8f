import { readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { messageOf } from '../../engine/message_of.js';
import { EngineClient, type FromEngine, type ToEngine } from '../engine/channel.js';
import { freeName, Told } from '../engine/told.js';
import { type Command, PROTOCOL, type RunConfig, type ServerEvent } from '../protocol.js';
import { liesIn, pastRuns } from './runs.js';
import { StudioServer } from './server.js';

export interface StudioOptions {
  readonly version: string;
  /** Folder of the built page, and of the shaders. */
  readonly page: string;
  readonly shaders: string;
  /** Folder whose runs are listed, in which new ones are written and from which checkpoints may be opened. */
  readonly runs: string;
  /** A checkpoint outside it that may be opened, too. */
  readonly model?: string | undefined;
  /** And the file of its network, where it is one of weights alone. */
  readonly network?: string | undefined;
  /** The small network of the lessons, which may be opened as well, and pictures for it. */
  readonly lesson?: { readonly model: string; readonly data: string } | undefined;
  readonly defaults: Omit<RunConfig, 'out'>;
  readonly canStart: boolean;
  readonly send: (message: ToEngine) => void;
}

/** Files of models that a command reads. */
function modelsOf(command: Command): string[] {
  const files =
    command.type === 'open'
      ? [command.model, command.network]
      : command.type === 'start'
        ? [command.config.resume, command.config.network]
        : [];
  return files.filter(file => file !== undefined);
}

/** The studio's serving half: keeps what was told, for pages that come late, and passes commands and questions to what computes. */
export class Studio {
  readonly #options: StudioOptions;
  readonly #server: StudioServer;
  readonly #client: EngineClient;
  readonly #told = new Told();

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#client = new EngineClient(options.send, event => this.#receive(event));
    this.#server = new StudioServer({
      page: options.page,
      shaders: options.shaders,
      hello: () => this.#hello(),
      runs: () => pastRuns(options.runs),
      ask: ask => this.#client.ask(ask),
      command: command => void this.#command(command),
    });
  }

  /** Begins to serve; the address to open. */
  async listen(port: number): Promise<string> {
    await this.#server.listen(port);
    return this.#server.url;
  }

  receive(message: FromEngine): void {
    this.#client.receive(message);
  }

  /** What computed has ended: says so to the pages, and goes on serving what is known. */
  engineEnded(reason: string): void {
    this.#client.fail(reason);
    this.#told.forgetMachine();
    if (this.#told.isRunning) this.#receive({ type: 'state', state: 'failed', step: 0, epoch: 0, message: reason });
    else this.#receive({ type: 'error', message: reason });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #hello(): Promise<ServerEvent> {
    const { version, runs, canStart, defaults, lesson, model } = this.#options;
    const past = await pastRuns(runs);
    return {
      type: 'hello',
      protocol: PROTOCOL,
      version,
      ...this.#told.summary,
      runs: past,
      defaults: { ...defaults, out: await this.#freeFolder() },
      ...(canStart && { lesson }),
      ...(this.#told.summary.model === undefined && { opens: model }),
      canStart,
    };
  }

  async #command(command: Command): Promise<void> {
    try {
      await this.#check(command);
      this.#client.command(command);
    } catch (error) {
      this.#receive({ type: 'error', message: messageOf(error) });
    }
  }

  /** Throws where a command names a place that the studio was not told of: it writes below the folder of runs only, and reads models from there. */
  async #check(command: Command): Promise<void> {
    const { runs, model, network, lesson, canStart } = this.#options;
    if (!canStart && (command.type === 'start' || command.type === 'open')) {
      throw new Error('this studio watches one run: begin others with `wgrad studio`');
    }
    if (command.type === 'start' && !(await liesIn(resolve(runs), resolve(command.config.out)))) {
      throw new Error(`${command.config.out} lies outside ${runs}, the folder of runs: name one in it, or begin with another --runs`);
    }
    const named = [model, network, lesson?.model].filter(path => path !== undefined).map(path => resolve(path));
    for (const file of modelsOf(command)) {
      if (named.includes(resolve(file)) || (await liesIn(resolve(runs), resolve(file)))) continue;
      throw new Error(`${file} lies outside ${runs}, the folder of runs: name it on the command line, \`wgrad studio MODEL\``);
    }
  }

  #receive(event: ServerEvent): void {
    this.#told.note(event);
    this.#server.broadcast(event);
    const isEpoch = event.type === 'epoch';
    const hasEnded = event.type === 'state' && ['ended', 'stopped', 'failed'].includes(event.state);
    if (isEpoch || hasEnded || event.type === 'run') void this.#tellRuns();
  }

  async #tellRuns(): Promise<void> {
    const [runs, out] = await Promise.all([pastRuns(this.#options.runs), this.#freeFolder()]);
    this.#server.broadcast({ type: 'runs', runs, out });
  }

  /** A folder for a new run: one that is not there, and that the run under way does not have. */
  async #freeFolder(): Promise<string> {
    const { runs } = this.#options;
    const names = await readdir(runs).catch(() => []);
    const { run } = this.#told.summary;
    const taken = run && resolve(dirname(run.config.out)) === resolve(runs) ? [basename(run.config.out)] : [];
    return `${runs}/${freeName([...names, ...taken])}`;
  }
}
