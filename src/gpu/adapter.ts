import type { AdapterTraits } from '../kernels/variant.js';

/** What an adapter offers: to kernels, and to those who time them. */
export interface DeviceTraits extends AdapterTraits {
  /** WebGPU features. */
  readonly features: ReadonlySet<string>;
}

/** Features that some kernel, or the timing of kernels, can use. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ['subgroups', 'timestamp-query'];

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
export async function openDevice(adapter: GPUAdapter): Promise<{ device: GPUDevice; traits: DeviceTraits }> {
  const limits = Object.fromEntries(
    WANTED_LIMITS.map(name => [name, adapter.limits[name]] as const).filter(([, limit]) => limit !== undefined),
  );
  const requiredFeatures = WANTED_FEATURES.filter(feature => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits: limits });
  const { architecture, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const features = new Set<string>(requiredFeatures);
  const traits = {
    features,
    subgroupSize: features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0,
    maxInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxBindingBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    keepsArraysInMemory: architecture === 'swiftshader',
  };
  return { device, traits };
}

/** A device of an adapter that was found again after the device of `before` was lost. Throws where it is another: its kernels would give other bits. */
export async function reopenDevice(adapter: GPUAdapter, before: GPUAdapter): Promise<GPUDevice> {
  const [found, wanted] = [describeAdapter(adapter.info), describeAdapter(before.info)];
  if (found !== wanted) throw new Error(`found ${found} instead of ${wanted}`);
  return (await openDevice(adapter)).device;
}

/** Adapter and driver as people and result files name them. */
export function describeAdapter({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const name = [vendor, architecture, device].filter(Boolean).join(' ');
  return description ? `${description} (${name})` : name;
}
