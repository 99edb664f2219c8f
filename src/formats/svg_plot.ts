import type { ScaleLinear } from 'd3-scale';

/** Size of a plot within its margins. */
export const PLOT = { width: 340, height: 220, left: 46, top: 46, right: 12, bottom: 34 } as const;
const GAP = 24;

/** Dark on light and light on dark. A note has a halo. */
const STYLE = `
text { font: 11px system-ui, sans-serif; fill: #444 } .title { font-size: 13px; font-weight: 600; fill: #222 }
.grid { stroke: #ddd } path { fill: none; stroke-width: 2 }
.note { paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round } .background { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #eee } .grid { stroke: #444 }
.note { stroke: #16181c } .background { fill: #16181c } }`;

export const at = (value: number): string => value.toFixed(1);

/** Text of an SVG file. */
export const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** An SVG file of plots side by side. `style`: what is of these alone. `below`: pixels for a legend under each plot. */
export function plotsSvg(label: string, plots: readonly string[], style: string, below = 0): string {
  const width = plots.length * (PLOT.left + PLOT.width + PLOT.right) + (plots.length - 1) * GAP;
  const height = PLOT.top + PLOT.height + PLOT.bottom + below;
  const drawn = plots.map((plot, i) => {
    const left = i * (PLOT.left + PLOT.width + PLOT.right + GAP);
    return `<g transform="translate(${left + PLOT.left} ${PLOT.top})">${plot}</g>`;
  });
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><style>${STYLE}${style}</style><rect class="background" ${size}/>${drawn.join('')}</svg>\n`;
}

type Scale = ScaleLinear<number, number>;

/** A plot's title, lines at the ticks of `y` with their numbers, and what stands under it. */
export function frame(title: string, y: Scale, under: string): string[] {
  const grid = y.ticks(5).map(tick => {
    const label = `<text x="-6" y="${at(y(tick) + 4)}" text-anchor="end">${y.tickFormat(5)(tick)}</text>`;
    return `<line class="grid" x1="0" x2="${PLOT.width}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>${label}`;
  });
  const axis = `<text x="${PLOT.width / 2}" y="${PLOT.height + 30}" text-anchor="middle">${under}</text>`;
  return [`<text class="title" x="0" y="-28">${title}</text>`, ...grid, axis];
}

/** Numbers below a plot, where they stand on `x`. */
export const numbersBelow = (ticks: readonly number[], x: Scale): string[] =>
  ticks.map(tick => `<text x="${at(x(tick))}" y="${PLOT.height + 16}" text-anchor="middle">${tick}</text>`);
