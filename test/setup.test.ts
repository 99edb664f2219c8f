import { describe, expect, test } from 'vitest';
import { backportsSource, parseSources } from '../src/node/apt.js';
import { planSetup } from '../src/node/setup.js';

const FIELDS = `# Debian
Types: deb deb-src
URIs: http://deb.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
`;

const LINES = `deb [arch=amd64 signed-by=/etc/key.gpg] http://deb.example/debian bookworm main
# deb http://off.example/debian bookworm main
deb-src http://deb.example/debian bookworm main
deb http://deb.example/debian bookworm-backports main
`;

describe("apt's sources", () => {
  test('are read in both forms', () => {
    expect(parseSources('debian.sources', FIELDS)).toEqual([
      {
        uris: ['http://deb.example/debian'],
        suites: ['bookworm', 'bookworm-updates'],
        signedBy: '/usr/share/keyrings/archive.gpg',
      },
    ]);
    expect(parseSources('sources.list', LINES)).toEqual([
      { uris: ['http://deb.example/debian'], suites: ['bookworm'], signedBy: '/etc/key.gpg' },
      { uris: ['http://deb.example/debian'], suites: ['bookworm-backports'], signedBy: undefined },
    ]);
  });

  test('get the backports suite from where the release comes, unless they have it', () => {
    expect(backportsSource(parseSources('debian.sources', FIELDS), 'bookworm')).toBe(
      'Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/archive.gpg\n',
    );
    expect(backportsSource(parseSources('sources.list', LINES), 'bookworm')).toBeUndefined();
    expect(() => backportsSource([], 'bookworm')).toThrow("no source for the suite 'bookworm'");
  });
});

test('setup says what it would do, or for which systems it is', async () => {
  const plan = await planSetup().catch((error: Error) => error);
  if (plan instanceof Error) expect(plan.message).toMatch(/setup knows Debian and Ubuntu|wanted at least|no source for the suite/);
  else expect(plan.steps.join('\n')).toMatch(/mesa-vulkan-drivers/);
});
