// Packs the package as npm would publish it and checks what users would meet: publint its manifest, arethetypeswrong its types. Needs a build (npm run build).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Ways of importing that the package has no part in: CommonJS, and TypeScript's resolution of before package exports. */
const LEFT_OUT = ['node10', 'node16-cjs'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const windows = process.platform === 'win32';
const folder = mkdtempSync(join(tmpdir(), 'wgrad-check-'));
try {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, unpackedSize, entryCount }] = JSON.parse(
    execFileSync(windows ? 'npm.cmd' : 'npm', pack, { cwd: root, shell: windows, encoding: 'utf8' }),
  );
  const archive = readFileSync(join(folder, filename));
  const { messages, pkg } = await publint({ pack: { tarball: archive.buffer }, strict: true });
  const { types, problems } = await checkPackage(createPackageFromTarballData(archive));
  const faults = [
    ...messages.map(message => formatMessage(message, pkg)),
    ...(types ? [] : ['it has no types']),
    ...(problems ?? []).filter(problem => !LEFT_OUT.includes(problem.resolutionKind)).map(problem => JSON.stringify(problem)),
  ];
  for (const fault of faults) console.error(`package: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`Checked the package: ${entryCount} files, ${(unpackedSize / 1e6).toFixed(1)} MB.`);
} finally {
  rmSync(folder, { recursive: true });
}
