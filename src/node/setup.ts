import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AptSource, backportsSource, parseSources } from './apt.js';
import { lavapipeFolder } from './drivers.js';

/** Older releases of Mesa are refused by Dawn (22.3 is, 25.0 is not). */
const OLDEST_MESA = 23;

const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1'];

/** What `wgrad setup` is going to do, in words, and how. */
export interface SetupPlan {
  readonly steps: readonly string[];
  run(): Promise<void>;
}

/** Installs lavapipe, Mesa's software Vulkan: through apt as root, else unpacked into the cache folder. Debian and Ubuntu only. */
export async function planSetup(): Promise<SetupPlan> {
  const release = await readRelease();
  const isRoot = process.getuid?.() === 0;
  const sources = await readSources();
  const stock = await mesaVersion();
  const needsBackports = stock === undefined || stock < OLDEST_MESA;
  if (needsBackports && release.ID !== 'debian') {
    throw new Error(
      `${release.PRETTY_NAME} has Mesa ${stock ?? 'nowhere in its lists'}, wanted at least ${OLDEST_MESA}: install a newer mesa-vulkan-drivers by hand`,
    );
  }
  const suite = needsBackports ? `${release.VERSION_CODENAME}-backports` : undefined;
  const extra = suite === undefined ? undefined : backportsSource(sources, release.VERSION_CODENAME!);
  return isRoot ? planAsRoot(suite, extra) : planUnpack(suite, extra);
}

const SOURCE_FILE = '/etc/apt/sources.list.d/wgrad-backports.sources';

function planAsRoot(suite: string | undefined, extra: string | undefined): SetupPlan {
  const install = ['install', '-y', '--no-install-recommends', ...(suite ? ['-t', suite] : []), ...PACKAGES];
  return {
    steps: [
      ...(extra ? [`add the suite ${suite} to apt's sources (${SOURCE_FILE})`] : []),
      'apt-get update',
      `apt-get ${install.join(' ')}`,
    ],
    run: async () => {
      if (extra) await writeFile(SOURCE_FILE, extra);
      await apt(['update']);
      await apt(install);
    },
  };
}

function planUnpack(suite: string | undefined, extra: string | undefined): SetupPlan {
  const target = lavapipeFolder();
  return {
    steps: [
      `without root: download ${PACKAGES.join(', ')}${suite ? ` of ${suite}` : ''} and what they need, by apt-get with lists of its own`,
      `unpack them into ${target}, where wgrad finds them; nothing else is touched`,
    ],
    run: async () => {
      await mkdir(dirname(target), { recursive: true });
      const work = await mkdtemp(`${target}.`);
      try {
        await unpackInto(work, suite, extra);
        await rm(target, { recursive: true, force: true });
        await rename(join(work, 'ready'), target);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

async function unpackInto(work: string, suite: string | undefined, extra: string | undefined): Promise<void> {
  const [lists, state, cache, root] = ['sources', 'state', 'cache', 'root'].map(name => join(work, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [lists, join(state, 'lists', 'partial'), join(cache, 'archives', 'partial'), root])
    await mkdir(folder, { recursive: true });
  for (const path of await sourceFiles()) await copyFile(path, join(lists, path.replaceAll('/', '_').replace(/^_/, '')));
  if (extra) await writeFile(join(lists, 'backports.sources'), extra);
  const options = { 'Dir::Etc::SourceList': '/dev/null', 'Dir::Etc::SourceParts': lists, 'Dir::State': state, 'Dir::Cache': cache };
  const flags = Object.entries({ ...options, 'Dir::State::status': '/var/lib/dpkg/status', 'Debug::NoLocking': '1' }).flatMap(
    ([name, value]) => ['-o', `${name}=${value}`],
  );
  await apt([...flags, 'update']);
  await apt([
    ...flags,
    'install',
    '-y',
    '--download-only',
    '--reinstall',
    '--no-install-recommends',
    ...(suite ? ['-t', suite] : []),
    ...PACKAGES,
  ]);
  for (const name of await readdir(join(cache, 'archives'))) {
    if (name.endsWith('.deb')) await execute('dpkg-deb', ['-x', join(cache, 'archives', name), root]);
  }
  await collect(root, join(work, 'ready'));
}

/** All libraries of an unpacked tree in one folder, and a driver manifest that names lavapipe's by its final place. */
async function collect(root: string, ready: string): Promise<void> {
  const libraries = join(ready, 'lib');
  await mkdir(libraries, { recursive: true });
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!/\.so(\.|$)/.test(entry.name)) continue;
    // Links to a library become copies of it.
    await copyFile(join(entry.parentPath, entry.name), join(libraries, entry.name)).catch(error => {
      if (entry.isFile()) throw error;
    });
  }
  if (!existsSync(join(libraries, 'libvulkan_lvp.so')))
    throw new Error('the packages hold no libvulkan_lvp.so: this release ships lavapipe elsewhere');
  const manifest = {
    file_format_version: '1.0.0',
    ICD: { library_path: join(lavapipeFolder(), 'lib', 'libvulkan_lvp.so'), api_version: '1.3.0' },
  };
  await writeFile(join(ready, 'lvp_icd.json'), JSON.stringify(manifest));
}

async function readRelease(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const release = Object.fromEntries([...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(match => [match[1]!, match[2]!]));
  const family = [release.ID, ...(release.ID_LIKE ?? '').split(' ')];
  if (process.platform !== 'linux' || !family.includes('debian')) {
    throw new Error(
      `setup knows Debian and Ubuntu, this is ${release.PRETTY_NAME ?? process.platform}: install a Vulkan driver (Mesa's lavapipe without a GPU) by the system's own means`,
    );
  }
  return release;
}

async function sourceFiles(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d';
  const parts = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.list') || name.endsWith('.sources'));
  return ['/etc/apt/sources.list', ...parts.map(name => join(folder, name))].filter(existsSync);
}

async function readSources(): Promise<AptSource[]> {
  const files = await sourceFiles();
  const texts = await Promise.all(files.map(path => readFile(path, 'utf8')));
  return files.flatMap((path, i) => parseSources(path, texts[i]!));
}

/** Major version of the mesa-vulkan-drivers that apt would install, as far as its lists know. */
async function mesaVersion(): Promise<number | undefined> {
  const policy = await execute('apt-cache', ['policy', 'mesa-vulkan-drivers'], true).catch(() => '');
  const version = /Candidate: (?:\d+:)?(\d+)/.exec(policy)?.[1];
  return version === undefined ? undefined : Number(version);
}

const apt = (args: readonly string[]): Promise<string> => execute('apt-get', args);

/** Runs a command with its output shown, or given back. */
function execute(command: string, args: readonly string[], quiet = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const child = spawn(command, args, { stdio: ['ignore', quiet ? 'pipe' : 2, 2], env });
    let output = '';
    child.stdout?.on('data', data => {
      output += data;
    });
    child.on('error', error => reject(new Error(`${command} does not start: ${error.message}`)));
    child.on('close', code => (code === 0 ? resolve(output) : reject(new Error(`${command} ${args.at(-1)} ended with ${code}`))));
  });
}
