import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** Where drivers and tuning results are kept between runs: WGRAD_CACHE, or the system's folder for such things. */
export function cacheFolder(): string {
  const { WGRAD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (WGRAD_CACHE) return WGRAD_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'wgrad');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'wgrad');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wgrad');
}
