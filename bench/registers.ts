import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../src/node/paths.js';
import type { CompiledKernel } from './compiled_kernels.js';
import { circumstances, keep } from './harness.js';
import { writeLadder } from './ladder.js';
import type { RegistersRow } from './registers_table.js';

/** The manifest of Mesa's driver for AMD's chips, which compiles for some without one. */
const MANIFEST = '/usr/share/vulkan/icd.d/radeon_icd.json';

/** The one chip of those tried (Mesa 25.0.7) for which the driver makes a device: four SIMDs a compute unit, 256 registers a lane, subgroups of 64. */
const CHIP = 'polaris10';

const INSTALL = `it comes with Debian 12's and Ubuntu 24.04's package mesa-vulkan-drivers ('wgrad setup' installs it when run by root), as ${MANIFEST}; Mesa 26 has it no more`;

/** Has every kernel compiled for an AMD chip that is not there, and shows what its driver says of them. Nothing runs. */
export async function benchRegisters({ batch, json }: { readonly batch: number; readonly json: boolean }): Promise<void> {
  if (!existsSync(MANIFEST)) throw new Error(`the driver RADV is not here, which compiles for AMD's chips without one: ${INSTALL}`);
  const env = {
    ...process.env,
    RADV_FORCE_FAMILY: CHIP,
    RADV_DEBUG: 'shaderstats',
    VK_ICD_FILENAMES: MANIFEST,
    MESA_SHADER_CACHE_DISABLE: 'true',
  };
  const child = [join(packageRoot, 'dist', 'bench', 'registers_compile.js'), `${batch}`];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, child, { env, maxBuffer: 2 ** 26 }).catch(error => {
    throw new Error(`RADV gave up (${(error as Error).message.split('\n')[0]}): wanted Mesa 25 or older; ${INSTALL}`, { cause: error });
  });
  const rows = parseStatistics(stderr);
  const result = { bench: 'registers', ...circumstances(stdout), driver: stdout, chip: CHIP, batch, rows };
  await keep('registers', result);
  await writeLadder();
  if (json) console.log(JSON.stringify(result));
  else for (const row of rows) print(row);
}

/** What stands before the statistics of a kernel on stderr. */
const MARK = '@@ wgrad ';

/** Reads what RADV_DEBUG=shaderstats writes. Throws where a number is missing. */
export function parseStatistics(text: string): RegistersRow[] {
  return text
    .split(MARK)
    .slice(1)
    .map(part => {
      const kernel = JSON.parse(part.slice(0, part.indexOf('\n'))) as CompiledKernel;
      const number = (name: string): number => {
        const found = new RegExp(`^${name}: (\\d+)`, 'm').exec(part);
        if (!found) throw new Error(`${kernel.shader}: the driver says nothing of '${name}'; wanted the statistics of Mesa 25's RADV`);
        return Number(found[1]);
      };
      return {
        ...kernel,
        vgprs: number('VGPRs'),
        spills: number('Spilled VGPRs') + number('Spilled SGPRs'),
        lds: number('LDS size'),
        subgroups: number('Subgroups per SIMD'),
        instructions: number('Instructions'),
        latency: number('Latency'),
        throughput: number('Inverse Throughput'),
      };
    })
    .sort((a, b) => a.op.localeCompare(b.op) || a.variant.localeCompare(b.variant));
}

function print({ op, variant, shader, vgprs, spills, lds, subgroups, instructions }: RegistersRow): void {
  const numbers = [`${vgprs} registers`, `${spills} spilled`, `${lds} bytes`, `${subgroups} subgroups`, `${instructions} instructions`];
  console.log(`${op}.${variant}`.padEnd(44) + shader.padEnd(40) + numbers.map(text => text.padStart(16)).join(''));
}
