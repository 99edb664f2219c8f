import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, shaders/ and data/: the same from the sources and from what is built of them. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'wgrad') return folder;
  const parent = dirname(folder);
  return parent === folder ? installedRoot() : findRoot(parent);
}

/** Where a bundler has put the program elsewhere: the package that is installed where the program runs. */
function installedRoot(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('wgrad/package.json'));
  } catch {
    throw new Error(
      'wgrad: its package.json is neither above the program files nor installed in a node_modules there; install the package',
    );
  }
}

/** Version in package.json. */
export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

/** Where drivers and tuning results are kept between runs: WGRAD_CACHE, or the system's folder for such things. It may not be writable. */
export function cacheFolder(): string {
  const { WGRAD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (WGRAD_CACHE) return WGRAD_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'wgrad');
  // What is no whole path does not count, says the XDG Base Directory Specification; it would mean another folder in each working folder.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'wgrad');
  const home = homeFolder();
  if (home === undefined) return temporaryCache();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'wgrad') : join(home, '.cache', 'wgrad');
}

/** None where the environment has none and the system does not know the user, as in containers that run under a number. */
function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A folder for what can't be kept in cacheFolder(). Throws where there is one that others may write to: libraries are loaded from it, and everybody may
 * make folders beside it.
 */
export function temporaryCache(): string {
  const uid = process.getuid?.();
  const folder = join(tmpdir(), `wgrad-${uid ?? 'cache'}`);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found && uid !== undefined && (found.uid !== uid || (found.mode & 0o022) !== 0)) {
    throw new Error(`${folder} belongs to another user or may be written to by others: WGRAD_CACHE names another folder for the cache`);
  }
  return folder;
}
