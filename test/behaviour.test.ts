import { expect, test } from 'vitest';
import { digestOfRun } from '../bench/behaviour.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

/** Bytes of the weights after a short run on the CPU reference: they change only with what is computed. On a GPU `node dist/bench/same_bytes.js` compares two builds. */
test.each([
  ['adam', 'f1d090de483111be0ff7cceb8eb46b7c71c396247211ff402e94c5cb2b4e1fe5'],
  ['sgd', '9ddad200984b4b24ddb10566cfb4b209884676ac45f6042154e292efa581c20e'],
] as const)('the same seed gives the same bytes from commit to commit: %s', async (name, digest) => {
  expect(await digestOfRun(name, new ReferenceExecutor())).toBe(digest);
});
