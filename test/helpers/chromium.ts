import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium, or another that WGRAD_CHROMIUM names. */
export const chromiumPath: string = process.env.WGRAD_CHROMIUM ?? '/usr/bin/chromium';

/** Why browser tests can't run here; undefined where they can. */
export const noChromium: string | undefined = existsSync(chromiumPath)
  ? undefined
  : `${chromiumPath} is missing: install Debian's package chromium, or name another Chromium with WGRAD_CHROMIUM`;

/**
 * WebGPU without a GPU: Chromium asks its own SwiftShader. A camera that shows a moving test pattern, allowed without asking. The sandbox does not
 * start as root.
 */
const FLAGS = ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** `webgpu`: false for a browser without it. */
export function openChromium({ webgpu = true } = {}): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...FLAGS, ...(webgpu ? WEBGPU : ['--disable-features=WebGPU'])] });
}
