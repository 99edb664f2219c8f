import { scaleLog } from 'd3-scale';

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
}

const WIDTH = 720;
const ROW = 34;
const LABELS = 220;
const MARGIN = 90;
const TITLE = 36;
const AXIS = 24;

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);

/** Horizontal bars on a logarithmic scale as an SVG document that suits light and dark pages; the first bar is ours. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const values = bars.map(({ value }) => value);
  // Whole decades, so that no bar has no length.
  const low = 10 ** Math.floor(Math.log10(Math.min(...values) / 1.5));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const x = scaleLog([low, high], [LABELS, WIDTH - MARGIN]);
  const height = TITLE + ROW * bars.length + AXIS;
  const decades = Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i);
  const grid = decades.map(decade => {
    const at = x(decade).toFixed(1);
    const bottom = height - AXIS;
    return `<line x1="${at}" x2="${at}" y1="${TITLE}" y2="${bottom}" class="grid"/><text x="${at}" y="${bottom + 16}" text-anchor="middle" class="tick">${decade.toLocaleString('en')}</text>`;
  });
  const rows = bars.map(({ label, value, text }, i) => {
    const top = TITLE + ROW * i;
    const middle = top + ROW / 2 + 4;
    const end = x(value);
    return [
      `<text x="${LABELS - 10}" y="${middle}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect x="${LABELS}" y="${top + 6}" width="${(end - LABELS).toFixed(1)}" height="${ROW - 12}" rx="3" class="${i === 0 ? 'ours' : 'peer'}"/>`,
      `<text x="${(end + 8).toFixed(1)}" y="${middle}">${escapeXml(text)}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 } .tick { font-size: 11px; fill: #6e7781 }
.grid { stroke: #d0d7de } .ours { fill: #1f883d } .peer { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .tick { fill: #9198a1 } .grid { stroke: #3d444d } .ours { fill: #3fb950 } .peer { fill: #6e7681 } }
</style>
<text x="0" y="18" class="title">${escapeXml(title)}</text>
${grid.join('\n')}
${rows.join('\n')}
</svg>
`;
}
