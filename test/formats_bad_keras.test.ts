import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { sizeOf } from '../src/engine/shape.js';
import { loadCheckpoint } from '../src/node/files.js';
import { packageRoot } from '../src/node/paths.js';
import { expectSame, uniform } from './helpers/foreign.js';
import { fixtureJson, hasShared, shared } from './helpers/shared.js';

const formats = join(shared, 'goldens/formats');
const isThere = hasShared('goldens/formats');

/** By file: words that the message holds. */
const BAD: Readonly<Record<string, { readonly says: readonly string[] }>> = isThere
  ? JSON.parse(readFileSync(join(formats, 'bad.json'), 'utf8'))
  : {};

/** Files that are good by now, as what they have is supported, or as what is wrong with them is passed over. */
const GOOD = ['bad_batchnorm.keras', 'bad_frozen.keras'];
const PASSED_OVER = ['bad_slip.keras'];

const REFUSED = Object.keys(BAD).filter(file => /\.(keras|model)$/.test(file) && ![...GOOD, ...PASSED_OVER].includes(file));

interface Outcome {
  readonly file: string;
  /** None where it was read. */
  readonly message: string | undefined;
  readonly cpuSeconds: number;
}

/** Opens files one after another in a process of its own; the outcomes, and the most memory that it had. */
function openAll(files: readonly string[]): { readonly outcomes: readonly Outcome[]; readonly bytes: number } {
  const program = `
    const { loadCheckpoint } = await import(${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/src/node.js')).href)});
    const outcomes = [];
    for (const file of process.argv.slice(1)) {
      const before = process.cpuUsage();
      const message = await loadCheckpoint(file).then(() => undefined, error => error.message);
      const { user, system } = process.cpuUsage(before);
      outcomes.push({ file, message, cpuSeconds: (user + system) / 1e6 });
    }
    console.log(JSON.stringify({ outcomes, bytes: process.resourceUsage().maxRSS * 1024 }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program, ...files], { cwd: formats, encoding: 'utf8' }));
}

describe.skipIf(!isThere)('.keras files and SavedModel folders that can not be read, or not as they are', () => {
  let opened: ReturnType<typeof openAll>;
  let before: readonly string[];
  beforeAll(() => {
    before = readdirSync(formats, { recursive: true, encoding: 'utf8' });
    opened = openAll([...REFUSED, ...PASSED_OVER]);
  });

  test.each(REFUSED)('%s is refused with what is wrong with it', file => {
    const { message } = opened.outcomes.find(each => each.file === file)!;
    for (const word of BAD[file]!.says) expect(message).toContain(word);
    expect(message).toContain(file);
    expect(message).not.toMatch(/\n|undefined|\[object/);
  });

  test('each takes less than 2 s of computing, and all together less than 300 MB', () => {
    for (const { file, cpuSeconds } of opened.outcomes) expect(cpuSeconds, file).toBeLessThan(2);
    expect(opened.bytes).toBeLessThan(300e6);
  });

  test('a member that would lie outside the folder is passed over, and nothing is written', () => {
    expect(opened.outcomes.find(({ file }) => file === 'bad_slip.keras')!.message).toBeUndefined();
    expect(readdirSync(formats, { recursive: true, encoding: 'utf8' })).toEqual(before);
    expect(readdirSync(join(formats, '../..'))).not.toContain('slipped.txt');
  });

  test.each(GOOD)("%s gives Keras' predictions", async file => {
    const { files } = fixtureJson<{ files: Record<string, { seed: number; shape: number[]; predictions: number[][] }> }>(
      'keras_bad_files.json',
    );
    const { seed, shape, predictions } = files[file]!;
    await expectSame(await loadCheckpoint(join(formats, file)), { x: uniform(seed, sizeOf(shape)), y: new Float32Array(0), predictions });
  });
});
