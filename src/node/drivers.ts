import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { makeFolder, removeAbandoned, temporaryName } from './files.js';
import { cacheFolder, temporaryCache } from './paths.js';

/** A Vulkan driver that this package brings or has installed into its cache: renders without a GPU. */
export interface Driver {
  readonly name: 'lavapipe' | 'swiftshader';
  /** The driver's manifest, for VK_ICD_FILENAMES. */
  readonly manifest: string;
  /** Folder of its libraries, for LD_LIBRARY_PATH. */
  readonly libraries: string;
}

/** Where `wgrad setup` without root unpacks lavapipe. */
export function lavapipeFolder(): string {
  return join(cacheFolder(), 'lavapipe');
}

/** lavapipe in the cache, if `wgrad setup` has put it there. */
export function cachedLavapipe(): Driver | undefined {
  const manifest = join(lavapipeFolder(), 'lvp_icd.json');
  return existsSync(manifest) ? { name: 'lavapipe', manifest, libraries: join(lavapipeFolder(), 'lib') } : undefined;
}

/** SwiftShader out of the optional dependency @sparticuz/chromium, unpacked into the cache on first use; none where that is not installed. */
export async function bundledSwiftShader(): Promise<Driver | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let archive: string;
  let version: string;
  try {
    const require = createRequire(import.meta.url);
    const root = join(dirname(require.resolve('@sparticuz/chromium')), '..', '..');
    archive = join(root, 'bin', 'swiftshader.tar.br');
    version = require(join(root, 'package.json')).version;
  } catch {
    return undefined;
  }
  const name = `swiftshader-${version}`;
  const folder = await unpacked(archive, join(cacheFolder(), name)).catch(async (error: Error) => {
    // The cache can't be written to: a folder for temporary files serves as well.
    await mkdir(temporaryCache(), { recursive: true, mode: 0o700 }).catch(() => Promise.reject(error));
    return unpacked(archive, join(temporaryCache(), name));
  });
  return { name: 'swiftshader', manifest: join(folder, 'vk_swiftshader_icd.json'), libraries: folder };
}

/** Devices by which Linux' drivers reach a GPU, and where the manifests of Vulkan drivers lie. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0'];
const MANIFESTS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** Whether Linux shows a GPU, or this is no Linux, where one can't tell. */
export const hasGpuDevice = (): boolean => process.platform !== 'linux' || GPU_DEVICES.some(device => existsSync(device));

/** Whether it looks as if the system had neither a GPU nor a software adapter: only a guess, since both may lie elsewhere. */
export function seemsDriverless(): boolean {
  if (hasGpuDevice()) return false;
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  const files = named?.split(delimiter).filter(existsSync) ?? MANIFESTS.filter(existsSync).flatMap(folder => readdirSync(folder));
  return !files.some(file => /lvp|swiftshader/.test(file));
}

/** Unpacks a brotli-compressed tar archive into a folder that appears only when it is complete, where it is not there yet; the folder. */
async function unpacked(archive: string, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  try {
    await makeFolder(dirname(folder));
    await removeAbandoned(dirname(folder));
    const temporary = temporaryName(dirname(folder));
    await mkdir(temporary, { mode: 0o700 });
    try {
      const tar = join(temporary, 'archive.tar');
      await writeFile(tar, await promisify(brotliDecompress)(await readFile(archive)));
      await promisify(execFile)('tar', ['-xf', tar, '-C', temporary]);
      await rm(tar);
      // Two processes may unpack at once: whichever renames first wins, the other's copy is thrown away.
      await rename(temporary, folder).catch(error => {
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return folder;
  } catch (cause) {
    throw new Error(`unpacking ${archive} into ${folder} failed: ${(cause as Error).message}`, { cause });
  }
}
