import type { AdapterKind, AdapterTraits } from '../kernels/variant.js';

/** What an adapter offers: to kernels, and to those who time them. */
export interface DeviceTraits extends AdapterTraits {
  /** WebGPU features. */
  readonly features: ReadonlySet<string>;
  /** The size that a kernel which uses subgroups must ask for, since the driver would choose one of several; 0 where there is one only. */
  readonly pinnedSubgroupSize: number;
}

/** Features that some kernel, or the timing of kernels, can use. */
const WANTED_FEATURES = ['subgroups', 'subgroup-size-control', 'timestamp-query'] as const;

/** Of a range of subgroup sizes, the one that kernels are compiled for; where it is outside, the largest that there is. */
const USUAL_SUBGROUP_SIZE = 32;

/** An adapter as another would be: for tests of what adapters do that are not at hand. */
export interface Pretence {
  /** Features that the device goes without, though the adapter has them. */
  readonly without?: readonly (typeof WANTED_FEATURES)[number][];
  /** Whether the device gets the limits alone that every adapter has. */
  readonly leastLimits?: boolean;
  /** What the adapter says of its subgroups. */
  readonly subgroupSizes?: readonly [smallest: number, largest: number];
  readonly kind?: AdapterKind;
}

/** Limits that decide how large a batch or a workgroup may be: the adapter's own are asked for, not WebGPU's smaller defaults. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupStorageSize',
] as const;

/** An adapter's device with all that the kernels may use, and what that is. */
export async function openDevice(adapter: GPUAdapter, pretence: Pretence = {}): Promise<{ device: GPUDevice; traits: DeviceTraits }> {
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  const { without = [], leastLimits = false, subgroupSizes = [subgroupMinSize, subgroupMaxSize], kind = kindOf(adapter.info) } = pretence;
  const limits = Object.fromEntries(
    WANTED_LIMITS.map(name => [name, adapter.limits[name]] as const).filter(([, limit]) => limit !== undefined),
  );
  // Types of WebGPU that lag behind it don't know the newest.
  const features = new Set<string>(
    WANTED_FEATURES.filter(name => (adapter.features as ReadonlySet<string>).has(name) && !without.includes(name)),
  );
  const requiredFeatures = [...features] as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredFeatures, ...(!leastLimits && { requiredLimits: limits }) });
  const traits = {
    features,
    ...subgroupsOf(features, subgroupSizes),
    maxInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxBindingBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    kind,
  };
  return { device, traits };
}

function kindOf({ architecture, description }: GPUAdapterInfo): AdapterKind {
  if (architecture === 'swiftshader') return 'drivers that keep arrays in memory';
  return description.startsWith('llvmpipe') ? 'drivers whose loads cost most' : 'GPUs';
}

/**
 * The size of subgroups that kernels can rely on: the adapter's own where it has one, and where it has a range, as Intel's (8 to 32) and AMD's (32 to 64)
 * have, one that each kernel then asks for, if it can; 0 where it can't.
 */
export function subgroupsOf(
  features: ReadonlySet<string>,
  [smallest, largest]: readonly [number, number],
): Pick<DeviceTraits, 'subgroupSize' | 'pinnedSubgroupSize'> {
  if (!features.has('subgroups')) return { subgroupSize: 0, pinnedSubgroupSize: 0 };
  if (smallest === largest) return { subgroupSize: smallest, pinnedSubgroupSize: 0 };
  if (!features.has('subgroup-size-control')) return { subgroupSize: 0, pinnedSubgroupSize: 0 };
  const isUsualThere = smallest <= USUAL_SUBGROUP_SIZE && USUAL_SUBGROUP_SIZE <= largest;
  const pinned = isUsualThere ? USUAL_SUBGROUP_SIZE : largest;
  return { subgroupSize: pinned, pinnedSubgroupSize: pinned };
}

/** A device of an adapter that was found again after the device of `before` was lost. Throws where it is another: its kernels would give other bits. */
export async function reopenDevice(adapter: GPUAdapter, before: GPUAdapter, pretence?: Pretence): Promise<GPUDevice> {
  const [found, wanted] = [describeAdapter(adapter.info), describeAdapter(before.info)];
  if (found !== wanted) throw new Error(`found ${found} instead of ${wanted}`);
  return (await openDevice(adapter, pretence)).device;
}

/** Adapter and driver as people and result files name them. */
export function describeAdapter({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const name = [vendor, architecture, device].filter(Boolean).join(' ');
  return description ? `${description} (${name})` : name;
}
