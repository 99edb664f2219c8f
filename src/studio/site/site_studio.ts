import { messageOf } from '../../engine/message_of.js';
import type { ShaderSource } from '../../gpu/shader.js';
import { setNotes } from '../../nn/notes.js';
import { LAST } from '../../run/names.js';
import { FORM_DEFAULTS } from '../../run/options.js';
import { EngineClient } from '../engine/channel.js';
import { readCommand } from '../engine/commands.js';
import { Engine } from '../engine/engine.js';
import { HttpError } from '../engine/http_error.js';
import { askOf } from '../engine/routes.js';
import { freeName, Told } from '../engine/told.js';
import {
  type Command,
  PROTOCOL,
  ROUTES,
  type RunConfig,
  type RunHistory,
  SAMPLE_FACES,
  type ServerEvent,
  SITE_ROUTES,
} from '../protocol.js';
import { BrowserHost, SMALL_NETWORK } from './browser_host.js';
import { type Files, isPath } from './files.js';
import { FACES, MODELS, PICTURES } from './folders.js';
import type { FromWorker, ToWorker } from './messages.js';
import { pastRuns, RUNS } from './past_runs.js';
import { heldRuns, isFree } from './tabs.js';

/** In a run's folder while it is under way: what was told of it. */
const UNDER_WAY = 'under-way.json';

/** At most so often. */
const KEEP_MS = 5000;

/** The studio in a browser's worker: what Studio is by a server, with the browser's files, and a run that goes on after a reload. */
export class SiteStudio {
  readonly #files: Files;
  readonly #post: (message: FromWorker) => void;
  readonly #told = new Told();
  readonly #client: EngineClient;
  readonly #engine: Engine;
  /** What was told of the run that goes on, before the page was reloaded. */
  #before: RunHistory | undefined;
  #keptAt = 0;
  #keeping = Promise.resolve();
  #underWay: string | undefined;
  /** The folder that was last proposed for a run. */
  #proposed: string | undefined;

  constructor(files: Files, shaders: ShaderSource, post: (message: FromWorker) => void) {
    this.#files = files;
    this.#post = post;
    this.#client = new EngineClient(
      message => this.#engine.receive(message),
      event => this.#receive(event),
    );
    this.#engine = new Engine(new BrowserHost(files, shaders), message => this.#client.receive(message));
    setNotes(message => console.info(message));
  }

  /** Tells the page what there is, and goes on with the run that a reload or the end of the browser has interrupted. */
  async begin(): Promise<void> {
    const interrupted = await this.#interrupted();
    this.#post({ type: 'event', event: await this.#hello(interrupted?.config.out) });
    if (interrupted) {
      this.#before = interrupted;
      await this.#engine.command({ type: 'start', config: await this.#resumed(interrupted.config), goal: interrupted.goal });
    } else {
      await this.#engine.open().catch((error: unknown) => this.#receive({ type: 'error', message: messageOf(error) }));
    }
  }

  async receive(message: ToWorker): Promise<void> {
    if (message.type === 'command') {
      await this.#command(message.command);
      return;
    }
    if (message.type !== 'request') return;
    const { id, path, query, method, body } = message;
    try {
      this.#post({ type: 'answer', id, answer: await this.#answer(method, path, new URLSearchParams(query), body) });
    } catch (error) {
      this.#post({ type: 'refusal', id, message: messageOf(error) });
    }
  }

  async #answer(method: string, path: string, query: URLSearchParams, body: Blob | undefined) {
    if (path === ROUTES.state) return { ...(await this.#hello()) };
    if (path === ROUTES.runs) return { runs: await pastRuns(this.#files) };
    const bytes = async (): Promise<Uint8Array> => new Uint8Array(await (body ?? new Blob()).arrayBuffer());
    if (path === SITE_ROUTES.files) return this.#keepFile(query.get('path') ?? '', await bytes());
    const ask = await askOf(method, path, query, bytes);
    if (!ask) throw new HttpError(404, `there is no ${path}`);
    return this.#client.ask(ask);
  }

  /** Keeps what a person gave: a model's file, or a picture of a folder of classes. */
  async #keepFile(path: string, content: Uint8Array) {
    const [folder] = path.split('/');
    if ((folder !== MODELS && folder !== PICTURES) || !isPath(path)) {
      throw new HttpError(400, `path is '${path}'; wanted the name of a file below ${MODELS} or ${PICTURES}`);
    }
    await this.#files.write(path, content);
    return { path };
  }

  async #command(given: unknown): Promise<void> {
    try {
      const command: Command = readCommand(given, '');
      if (command.type === 'start' && !(command.config.out.startsWith(`${RUNS}/`) && isPath(command.config.out))) {
        throw new Error(`${command.config.out} is not a place for a run: this browser keeps runs as ${RUNS}/NAME`);
      }
      this.#client.command(await this.#withFreeFolder(command));
    } catch (error) {
      this.#receive({ type: 'error', message: messageOf(error) });
    }
  }

  async #hello(opens?: string): Promise<ServerEvent> {
    const runs = await pastRuns(this.#files);
    return {
      type: 'hello',
      protocol: PROTOCOL,
      version: import.meta.env.WGRAD_VERSION,
      ...this.#told.summary,
      runs,
      defaults: { ...FORM_DEFAULTS, train: SAMPLE_FACES, validation: SAMPLE_FACES, imageSize: [48, 48], out: await this.#freeFolder() },
      lesson: { model: SMALL_NETWORK, data: FACES },
      opens,
      canStart: true,
    };
  }

  /** Proposes a folder that no run has, of this tab or another. */
  async #freeFolder(): Promise<string> {
    const taken = [...(await this.#files.list(RUNS)).folders, ...(await heldRuns()).map(folder => folder.slice(RUNS.length + 1))];
    this.#proposed = `${RUNS}/${freeName(taken)}`;
    return this.#proposed;
  }

  /** A command whose folder was proposed and has been taken meanwhile, by another tab, gets another. */
  async #withFreeFolder(command: Command): Promise<Command> {
    if (command.type !== 'start' || command.config.out !== this.#proposed) return command;
    return { ...command, config: { ...command.config, out: await this.#freeFolder() } };
  }

  #receive(event: ServerEvent): void {
    const told = event.type === 'run' ? { ...event, run: this.#withBefore(event.run) } : event;
    this.#told.note(told);
    this.#post({ type: 'event', event: told });
    const hasEnded = event.type === 'state' && ['ended', 'stopped', 'failed'].includes(event.state);
    if (event.type === 'epoch' || hasEnded) void this.#tellRuns();
    if (hasEnded) this.#forget();
    else if (event.type === 'steps' || event.type === 'epoch') this.#keep(event.type === 'epoch');
    else if (event.type === 'run' && event.run.state === 'running') this.#keep(true);
  }

  async #tellRuns(): Promise<void> {
    const event = { type: 'runs', runs: await pastRuns(this.#files), out: await this.#freeFolder() } as const;
    this.#post({ type: 'event', event });
  }

  /** A run with what was told of it before the page was reloaded. */
  #withBefore(run: RunHistory): RunHistory {
    const before = this.#before;
    if (before?.config.out !== run.config.out) return run;
    return { ...run, steps: before.steps, epochs: before.epochs, norms: before.norms };
  }

  /** Keeps what was told of a run, now and then. */
  #keep(isDue: boolean): void {
    if (!isDue && performance.now() - this.#keptAt < KEEP_MS) return;
    this.#keptAt = performance.now();
    const { run } = this.#told.summary;
    if (!run || !this.#told.isRunning) return;
    const path = `${run.config.out}/${UNDER_WAY}`;
    this.#underWay = path;
    this.#then(() => this.#files.write(path, JSON.stringify(run)));
  }

  /** The run has ended; one that never began here may be another tab's. */
  #forget(): void {
    const path = this.#underWay;
    this.#underWay = undefined;
    if (path !== undefined) this.#then(() => this.#files.remove(path));
  }

  /** Writes of one file, one after another. Where one fails, as on a full disk, the run itself says so. */
  #then(work: () => Promise<void>): void {
    this.#keeping = this.#keeping.then(work).catch(() => {});
  }

  /** What was told of a run that was under way when its worker ended. Those of other tabs go on there. */
  async #interrupted(): Promise<RunHistory | undefined> {
    for (const name of (await this.#files.list(RUNS)).folders) {
      const text = await this.#files.read(`${RUNS}/${name}/${UNDER_WAY}`);
      if (text && (await isFree(`${RUNS}/${name}`))) return JSON.parse(new TextDecoder().decode(text)) as RunHistory;
    }
    return undefined;
  }

  /** A run from its last checkpoint; from its begin, with the same seed, where it has none yet. */
  async #resumed(config: RunConfig): Promise<RunConfig> {
    const last = `${config.out}/${LAST}`;
    return (await this.#files.read(last)) ? { ...config, network: undefined, resume: last } : config;
  }
}
