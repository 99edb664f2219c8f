/** A source of packages, as apt's lists describe it. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  /** Path of a keyring, or a key itself, as Signed-By takes it. */
  readonly signedBy: string | undefined;
}

/** The sources in a list file: of the newer form with fields (.sources) or of the older with a line each (.list). */
export function parseSources(path: string, text: string): AptSource[] {
  return path.endsWith('.sources') ? parseFields(text) : parseLines(text);
}

function parseFields(text: string): AptSource[] {
  const stanzas = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  const sources: AptSource[] = [];
  for (const stanza of stanzas) {
    const fields = new Map<string, string>();
    let name = '';
    for (const line of stanza.split('\n')) {
      const field = /^([\w-]+):\s*(.*)$/.exec(line);
      if (field) name = field[1]!.toLowerCase();
      if (field) fields.set(name, field[2]!);
      else if (line.startsWith(' ')) fields.set(name, `${fields.get(name)}\n${line}`);
    }
    const list = (key: string): string[] => (fields.get(key) ?? '').split(/\s+/).filter(Boolean);
    if (!list('types').includes('deb') || fields.get('enabled') === 'no') continue;
    sources.push({ uris: list('uris'), suites: list('suites'), signedBy: fields.get('signed-by') });
  }
  return sources;
}

function parseLines(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line.trim());
    if (!match) continue;
    const signedBy = /signed-by=(\S+)/.exec(match[1] ?? '')?.[1];
    sources.push({ uris: [match[2]!], suites: [match[3]!], signedBy });
  }
  return sources;
}

/**
 * The text of a .sources file for a release's backports suite, at the address where the release itself comes from.
 * Undefined where the suite is there already; throws where the release's own source can't be found.
 */
export function backportsSource(sources: readonly AptSource[], codename: string): string | undefined {
  const suite = `${codename}-backports`;
  if (sources.some(({ suites }) => suites.includes(suite))) return undefined;
  const own = sources.find(({ suites }) => suites.includes(codename));
  if (!own) throw new Error(`no source for the suite '${codename}' in apt's lists, from which the address of '${suite}' could be taken`);
  const lines = ['Types: deb', `URIs: ${own.uris.join(' ')}`, `Suites: ${suite}`, 'Components: main'];
  if (own.signedBy) lines.push(`Signed-By: ${own.signedBy}`);
  return `${lines.join('\n')}\n`;
}
