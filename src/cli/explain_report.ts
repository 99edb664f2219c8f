import { plain } from '../data/plain.js';
import { percent } from './common.js';

/** A PNG with what is said of it. */
export interface Figure {
  readonly png: Uint8Array;
  readonly alt: string;
  readonly caption: string;
}

/** What a report shows of one picture. */
export interface PictureReport {
  readonly file: string;
  readonly label: string;
  /** By class, in the model's order. */
  readonly probs: ReadonlyMap<string, number>;
  readonly figures: readonly Figure[];
  readonly neighbours: readonly Figure[];
}

/** What a report shows of a folder of classes. */
export interface DataReport {
  readonly folder: string;
  readonly samples: number;
  readonly loss: number;
  readonly acc: number;
  readonly classes: readonly string[];
  /** [true class][predicted class]: how many, and the most confident of them. */
  readonly cells: readonly (readonly { readonly count: number; readonly figures: readonly Figure[] }[])[];
  readonly topLosses: readonly Figure[];
}

const STYLE = `
:root { color-scheme: light dark; --text: #222; --muted: #666; --line: #ddd; --back: #fff; --bar: #0072b2; --wrong: #d55e00 }
@media (prefers-color-scheme: dark) { :root { --text: #eee; --muted: #aaa; --line: #444; --back: #16181c; --bar: #56b4e9; --wrong: #e69f00 } }
body { margin: 0 auto; max-width: 1400px; padding: 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back) }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; overflow-wrap: anywhere } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem }
section { border-top: 1px solid var(--line); margin-top: 1.5rem } p, figcaption { max-width: 60rem } figure { margin: 0 }
figcaption { color: var(--muted); font-size: .85rem; overflow-wrap: anywhere }
.large { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 1rem; max-width: 1360px; align-items: start }
.large img { width: 100%; max-width: 450px; height: auto } .small { display: flex; flex-wrap: wrap; gap: .75rem } .small figure { width: 112px }
.small img { display: block; max-width: 100%; height: auto } table { border-collapse: collapse } td, th { padding: .15rem .8rem .15rem 0; text-align: left }
th { font-weight: 400 } td.number { text-align: right; font-variant-numeric: tabular-nums } meter { width: 12rem }
.wrong { color: var(--wrong); font-weight: 600 }`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => plain(text).replace(/[&<>"]/g, character => ESCAPES[character]!);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function figure({ png, alt, caption }: Figure): string {
  const source = `data:image/png;base64,${base64(png)}`;
  return `<figure><img src="${source}" alt="${escaped(alt)}"><figcaption>${escaped(caption)}</figcaption></figure>`;
}

const figures = (all: readonly Figure[], kind: 'large' | 'small'): string => `<div class="${kind}">${all.map(figure).join('\n')}</div>`;

function pictureSection({ file, label, probs, figures: shown, neighbours }: PictureReport): string {
  const rows = [...probs].map(([name, p]) => {
    return `<tr><th scope="row">${escaped(name)}</th><td><meter value="${p}" aria-label="${escaped(name)}">${percent(p)}</meter></td><td class="number">${percent(p)}</td></tr>`;
  });
  const near = neighbours.length > 0 ? `<h3>Nearest in the folder</h3>${figures(neighbours, 'small')}` : '';
  return `<section><h2>${escaped(file)}: ${escaped(label)}</h2>\n<table>${rows.join('')}</table>\n${figures(shown, 'large')}\n${near}</section>`;
}

function dataSection({ folder, samples, loss, acc, classes, cells, topLosses }: DataReport): string {
  const head = `<section><h2>${escaped(folder)}</h2>\n<p>${samples} images, loss ${loss.toFixed(4)}, accuracy ${acc.toFixed(4)}.</p>`;
  const columns = classes.map(name => `<th scope="col">predicted ${escaped(name)}</th>`);
  const rows = classes.map((name, label) => {
    const counts = cells[label]!.map(
      ({ count }, predicted) => `<td class="number${count > 0 && predicted !== label ? ' wrong' : ''}">${count}</td>`,
    );
    return `<tr><th scope="row">is ${escaped(name)}</th>${counts.join('')}</tr>`;
  });
  const table = `<table><tr><td></td>${columns.join('')}</tr>${rows.join('')}</table>`;
  const galleries = classes.flatMap((name, label) =>
    classes.map((other, predicted) => ({
      ...cells[label]![predicted]!,
      isMistake: label !== predicted,
      title: `is ${name}, predicted ${other}`,
    })),
  );
  const shown = galleries
    .filter(({ count }) => count > 0)
    .sort((a, b) => Number(b.isMistake) - Number(a.isMistake))
    .map(({ title, count, isMistake, figures: some }) => {
      const more = count > some.length ? `: the ${some.length} most confident of ${count}` : `: ${count}`;
      return `<h3${isMistake ? ' class="wrong"' : ''}>${escaped(title)}${more}</h3>${figures(some, 'small')}`;
    });
  const worst = `<h3>Largest losses</h3>${figures(topLosses, 'small')}`;
  return `${head}\n${table}\n${worst}\n${shown.join('\n')}</section>`;
}

/** One page with everything in it: it asks for nothing from elsewhere, and has no script. */
export function reportHtml(title: string, pictures: readonly PictureReport[], data: DataReport | undefined): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`;
  const meta = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${policy}`;
  const intro =
    '<p>Grad-CAM shows where a layer found evidence for the class; occlusion shows how far the class’ probability falls when a part is hidden.</p>';
  return `<!doctype html>
<html lang="en"><head>${meta}<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
${intro}
${pictures.map(pictureSection).join('\n')}
${data ? dataSection(data) : ''}
</body></html>
`;
}
