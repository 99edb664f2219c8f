import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundledSwiftShader, seemsDriverless } from '../src/node/drivers.js';
import { wgrad } from './helpers/cli.js';

const root = join(import.meta.dirname, '..');
const NO_DRIVER = { VK_ICD_FILENAMES: join(root, 'no-such-driver.json') };

/** Whether, without its Vulkan drivers, this machine has SwiftShader alone. */
async function hasSwiftShaderAlone(): Promise<boolean> {
  const before = { ...process.env };
  Object.assign(process.env, NO_DRIVER);
  const isDriverless = seemsDriverless();
  process.env = before;
  return isDriverless && process.env.WGRAD_ADAPTER !== 'lavapipe' && (await bundledSwiftShader()) !== undefined;
}

const applies = await hasSwiftShaderAlone();
if (!applies) console.log('not run: what a machine without drivers is told; this one has a GPU, or lacks the bundled SwiftShader');

test.runIf(applies)('where the system has no adapter, stderr begins with what computes instead, not with a stack trace', async () => {
  const picture = join(root, 'data/faces/with_mask/0.png');
  const { code, stderr } = await wgrad(['predict', join(root, 'data/lesson.safetensors'), picture, '--no-tune'], undefined, NO_DRIVER);
  expect(stderr).toMatch(/^No GPU found: computing on SwiftShader[^\n]*\n$/);
  expect(code).toBe(0);
});
