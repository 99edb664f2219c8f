import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { describeAdapter, openDevice, type Pretence, reopenDevice } from '../gpu/adapter.js';
import { type Chooser, GpuExecutor } from '../gpu/executor.js';
import type { ShaderSource } from '../gpu/shader.js';
import type { KernelsOf } from '../kernels/variant.js';
import { bundledSwiftShader, cachedLavapipe, type Driver, seemsDriverless } from './drivers.js';
import { packageRoot } from './paths.js';
import { shaderFiles } from './shaders.js';

export interface OpenAdapterOptions {
  /** As openGpu() takes it. */
  readonly adapter?: string | undefined;
  readonly choose: Chooser;
  /** Where shaders come from; default the package's files. */
  readonly shaders?: ShaderSource;
  /** As openGpu() takes it. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** For tests: see GpuOptions. */
  readonly kernelsOf?: KernelsOf;
  readonly guardBytes?: number;
  readonly coarseClock?: boolean;
  readonly maxBindingBytes?: number;
  readonly pretence?: Pretence | undefined;
  /** Lets drivers that don't answer say why, on stderr. */
  readonly verbose?: boolean;
}

export interface OpenAdapter {
  readonly executor: GpuExecutor;
  /** Whether a CPU does the adapter's work. */
  readonly software: boolean;
}

/** Thrown where a driver's libraries are found only if LD_LIBRARY_PATH names them before the process starts. */
export class LibraryPathError extends Error {
  readonly libraries: string;

  constructor(driver: Driver) {
    super(`${driver.name} is there, but its libraries must be named before the process starts: set LD_LIBRARY_PATH=${driver.libraries}`);
    this.libraries = driver.libraries;
  }
}

/** Dawn's objects: dropped, Dawn would be freed under its running queue and take the process along. */
const instances: GPU[] = [];

/** Opens an adapter through Dawn. Throws, naming what was looked for, where there is none: nothing is computed elsewhere instead. */
export async function openAdapter({ adapter, verbose, ...options }: OpenAdapterOptions): Promise<OpenAdapter> {
  return open(await findAdapter(adapter, verbose), options);
}

/** Finds an adapter as openAdapter() does. */
export async function findAdapter(wanted?: string, verbose = false): Promise<Found> {
  // Mesa complains where this is unset.
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const tried: string[] = [];
  const known = wanted === 'swiftshader' || wanted === 'lavapipe';
  if (wanted !== 'swiftshader') {
    const name = wanted === 'lavapipe' ? 'llvmpipe' : wanted;
    const flags = name ? [`adapter=${name}`] : [];
    const isWorthAsking = verbose || !seemsDriverless() || (await answersElsewhere(flags));
    const found = isWorthAsking ? await request(flags) : undefined;
    if (found) return found;
    tried.push(name ? `the system's adapters for one whose name has '${name}'` : "the system's adapters");
  }
  if (!wanted || known) {
    const drivers = [wanted !== 'swiftshader' && cachedLavapipe(), wanted !== 'lavapipe' && (await bundledSwiftShader())];
    for (const driver of drivers) {
      if (!driver) continue;
      const found = await requestFrom(driver);
      if (found) return found;
      if (!process.env.LD_LIBRARY_PATH?.split(delimiter).includes(driver.libraries)) throw new LibraryPathError(driver);
      tried.push(driver.name);
    }
  }
  throw new Error(
    `no WebGPU adapter: tried ${tried.join(', ')}. 'wgrad info' shows what is here; 'wgrad setup' installs a software adapter on Debian and Ubuntu; ` +
      'npm installs a slower one with the optional dependency @sparticuz/chromium (Linux x64)',
  );
}

/** An adapter, and the flags with which it is found again. */
export interface Found {
  readonly adapter: GPUAdapter;
  readonly flags: readonly string[];
}

async function request(flags: readonly string[]): Promise<Found | undefined> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  // Kernels are timed to the nanosecond, not to 65,536 of them.
  const gpu = create([...flags, 'disable-dawn-features=timestamp_quantization']);
  // It throws where a named adapter isn't there.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  // The null backend answers everything and computes nothing.
  if (!adapter || adapter.info.device === 'null-backend') return undefined;
  instances.push(gpu);
  return { adapter, flags };
}

/** Asks Dawn in another process. Where nothing answers, Dawn writes a stack trace to stderr, and no setting of its keeps it from that. */
async function answersElsewhere(flags: readonly string[]): Promise<boolean> {
  const program = `const { create } = await import('webgpu');
    const adapter = await create(${JSON.stringify(flags)}).requestAdapter().catch(() => null);
    process.exit(adapter && adapter.info.device !== 'null-backend' ? 0 : 1);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: packageRoot });
  return run.then(
    () => true,
    () => false,
  );
}

/** Asks a driver by its manifest, which the Vulkan loader reads from the environment. */
async function requestFrom(driver: Driver): Promise<Found | undefined> {
  const before = process.env.VK_ICD_FILENAMES;
  process.env.VK_ICD_FILENAMES = driver.manifest;
  const found = await request([]);
  if (found) return found;
  if (before === undefined) delete process.env.VK_ICD_FILENAMES;
  else process.env.VK_ICD_FILENAMES = before;
  return undefined;
}

async function open({ adapter, flags }: Found, { pretence, ...options }: Omit<OpenAdapterOptions, 'adapter'>): Promise<OpenAdapter> {
  const { device, traits } = await openDevice(adapter, pretence);
  // Asked of a new instance: what an old one knows of its adapters may be what was lost.
  const reopen = async (): Promise<GPUDevice> => {
    const found = await request(flags);
    if (!found) throw new Error('the driver has no adapter any more');
    return reopenDevice(found.adapter, adapter, pretence);
  };
  const description = describeAdapter(adapter.info);
  const executor = new GpuExecutor({ device, traits, description, shaders: shaderFiles, reopen, ...options });
  return { executor, software: adapter.info.isFallbackAdapter };
}
