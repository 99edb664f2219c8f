// Draws the sample of synthetic faces in this folder and the picture of the README: node data/make.mjs (after npm run build).
import { mkdirSync, writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import { syntheticFace } from '../dist/src/data/synthetic.js';
import { RandomState } from '../dist/src/engine/random.js';

const SIZE = 150;
const SAMPLES = 6;
const [COLUMNS, ROWS] = [8, 3];

const write = (path, width, height, rgb) => {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) png.data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
  writeFileSync(new URL(path, import.meta.url), PNG.sync.write(png, { colorType: 2, deflateLevel: 9 }));
};

const random = new RandomState(5);
for (const name of ['with_mask', 'without_mask']) {
  mkdirSync(new URL(`faces/${name}`, import.meta.url), { recursive: true });
  for (let i = 0; i < SAMPLES; i++) write(`faces/${name}/${i}.png`, SIZE, SIZE, syntheticFace(random, name === 'with_mask', SIZE).data);
}

const sheet = new Uint8Array(COLUMNS * SIZE * ROWS * SIZE * 3);
for (let k = 0; k < COLUMNS * ROWS; k++) {
  const { data } = syntheticFace(random, k % 2 === 0, SIZE);
  const [left, top] = [(k % COLUMNS) * SIZE, Math.floor(k / COLUMNS) * SIZE];
  for (let y = 0; y < SIZE; y++) sheet.set(data.subarray(3 * y * SIZE, 3 * (y + 1) * SIZE), 3 * ((top + y) * COLUMNS * SIZE + left));
}
write('faces.png', COLUMNS * SIZE, ROWS * SIZE, sheet);
