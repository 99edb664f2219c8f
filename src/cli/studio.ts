import { spawn } from 'node:child_process';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readReason } from '../node/errors.js';
import { packageRoot, version } from '../node/paths.js';
import { note } from '../node/terminal.js';
import type { DeviceOptions } from '../run/device.js';
import { LAST } from '../run/names.js';
import { FORM_DEFAULTS } from '../run/options.js';
import type { UseOptions } from '../run/use.js';
import type { FromEngine, ToEngine } from '../studio/engine/channel.js';
import { Studio } from '../studio/server/studio.js';
import { action, printJson } from './common.js';
import { addDeviceOptions, addUseOptions, integer } from './options.js';
import { endAtOnce } from './output.js';
import { onEndingSignal } from './signals.js';
import type { EngineOptions, Finish, Ready, Relaunch } from './studio_engine.js';
import { startProgram, tell } from './studio_process.js';

/** The page as Vite builds it, and the shaders. */
export const PAGE = join(packageRoot, 'dist', 'studio');
export const SHADERS = join(packageRoot, 'shaders');

/** The small network of the lessons, and synthetic faces for it. */
const LESSON = { model: join(packageRoot, 'data', 'lesson.safetensors'), data: join(packageRoot, 'data', 'faces') };

/** How long the process that computes may take for the step under way and for saving, before it is ended. */
const FINISH_MS = 120_000;

interface StudioCommandOptions extends DeviceOptions, UseOptions {
  readonly data?: string;
  readonly runs: string;
  readonly port: number;
  readonly open: boolean;
  readonly json?: boolean;
}

export function addStudio(program: Command): void {
  const command = program
    .command('studio [model]')
    .description('open a page that shows the inside of a network and trains one: curves, maps, single numbers, shaders')
    .option('--data <dir>', 'folder of images to look at, with one subfolder per class')
    .option('--runs <dir>', 'folder of runs: those in it are shown, and new ones go there', 'out')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', integer(0, 65535), 0)
    .option('--no-open', 'print the address without opening a browser')
    .option('--json', 'print one JSON object per line');
  addDeviceOptions(addUseOptions(command)).action(action(studio));
}

async function studio(
  model: string | undefined,
  { data, classes, rescale, network, runs, port, open, json, ...device }: StudioCommandOptions,
): Promise<void> {
  if (data !== undefined && model === undefined) throw new Error('--data is looked at with a model: name one, or start a run on the page');
  for (const path of [model, network, data]) {
    if (path === undefined) continue;
    await access(path).catch(error => Promise.reject(new Error(`cannot read ${path}: ${readReason(error)}`)));
  }
  const isFile = (await stat(runs).catch(() => undefined))?.isDirectory() === false;
  if (isFile) throw new Error(`--runs ${runs} is a file, wanted a folder`);
  const engine = new EngineProcess({ ...device, runs, open: model === undefined ? undefined : { model, data, classes, rescale, network } });
  const served = new Studio({
    version,
    page: PAGE,
    shaders: SHADERS,
    runs,
    model,
    network,
    lesson: LESSON,
    defaults: FORM_DEFAULTS,
    canStart: true,
    send: message => engine.send(message),
  });
  // First the port: where it is taken, no process that computes is left behind.
  const url = await served.listen(port);
  engine.serve(served);
  if (json) printJson({ event: 'studio', url });
  else console.log(`Studio: ${url}\nCtrl-C ends it.`);
  if (open && process.stdout.isTTY && process.env.SSH_CONNECTION === undefined) openBrowser(url);
  const kill = (): void => {
    engine.kill();
    endAtOnce('SIGINT');
  };
  let ignoreSignals = (): void => {};
  await new Promise<void>(resolve => {
    ignoreSignals = onEndingSignal(resolve, kill);
  });
  const code = await engine.finish();
  await served.close();
  ignoreSignals();
  if (code !== 0) note(`A run was interrupted. It is saved in its folder as ${LAST}: resume from there.`);
  process.exitCode = code;
}

/** The process that computes. Where it dies, the next message starts another. */
class EngineProcess {
  readonly #options: EngineOptions;
  #studio: Studio | undefined;
  #child: ReturnType<typeof startProgram> | undefined;
  #env: Record<string, string> = {};
  #isEnding = false;
  /** What it is told once it takes messages. */
  #waiting: ToEngine[] | undefined = [];

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Starts it for a studio. */
  serve(studio: Studio): void {
    this.#studio = studio;
    this.#start(this.#options);
  }

  send(message: ToEngine): void {
    if (!this.#child) this.#start({ ...this.#options, open: undefined });
    if (this.#waiting) this.#waiting.push(message);
    else tell(this.#child!, message);
  }

  /** Lets it finish the step under way and save; its exit code. */
  async finish(): Promise<number> {
    this.#isEnding = true;
    const child = this.#child;
    if (!child) return 0;
    const ended = new Promise<number>(resolve => child.once('exit', code => resolve(code ?? 1)));
    const limit = setTimeout(() => this.kill(), FINISH_MS);
    void ended.then(() => clearTimeout(limit));
    note('\nEnding: a step under way is finished and saved. Once more to end at once.');
    tell(child, { type: 'finish' } satisfies Finish);
    return ended;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #start(options: EngineOptions): void {
    const child = startProgram('studio_engine', options, this.#env);
    this.#child = child;
    let again = false;
    child.on('message', (message: FromEngine | Relaunch | Ready) => {
      if (message.type === 'ready') {
        for (const each of this.#waiting ?? []) tell(child, each);
        this.#waiting = undefined;
      } else if (message.type !== 'relaunch') this.#studio?.receive(message);
      else {
        again = true;
        const path = [message.libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
        this.#env = { LD_LIBRARY_PATH: path, WGRAD_RELAUNCHED: '1' };
        tell(child, { type: 'finish' } satisfies Finish);
      }
    });
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#waiting ??= [];
      if (again && !this.#isEnding) this.#start(options);
      else if (!this.#isEnding) this.#studio?.engineEnded(`the process that computes has ended (${signal ?? `code ${code}`})`);
    });
  }
}

/** Opens an address in the person's browser, where the system knows one. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url];
  const child = spawn(program!, args, { stdio: 'ignore', detached: true });
  // None there: the address is printed anyway.
  child.on('error', () => {});
  child.unref();
}
