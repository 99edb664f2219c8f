import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

test('the README has at most 120 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

test('the kernel that the README shows is the file that it names', async () => {
  const [, name] = /\]\((shaders\/\w+(?:\.\w+)*\.wgsl)\)/.exec(readme)!;
  const [, shown] = /```wgsl\n(.*?)```/s.exec(readme)!;
  expect(shown).toBe(await readFile(join(root, name!), 'utf8'));
});

test('every link of the README and of docs leads to a file and a heading that are there', async () => {
  const pages = ['README.md', ...(await readdir(join(root, 'docs'))).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)];
  const headingsOf = async (file: string): Promise<string[]> => {
    const titles = [...(await readFile(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!);
    return titles.map(title =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  };
  const broken: string[] = [];
  for (const page of pages) {
    const text = (await readFile(join(root, page), 'utf8')).replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(link!)) continue;
      const [path, heading] = link!.split('#');
      const file = path ? join(root, dirname(page), path) : join(root, page);
      if (!existsSync(file) || (heading && !(await headingsOf(file)).includes(heading))) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});
