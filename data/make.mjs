// Draws the sample of synthetic faces in this folder and the picture of the README: node data/make.mjs (after npm run build).
import { mkdirSync, writeFileSync } from 'node:fs';
import encode, { init } from '@jsquash/webp/encode.js';
import { PNG } from 'pngjs';
import { wasmOf } from '../dist/src/data/decode/wasm.js';
import { syntheticFace } from '../dist/src/data/synthetic.js';
import { RandomState } from '../dist/src/engine/random.js';

const SIZE = 150;
const SAMPLES = 6;
const [COLUMNS, ROWS] = [8, 3];

/** Canvas' bytes of a picture. */
function rgba(rgb) {
  const data = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let i = 0; i < rgb.length / 3; i++) data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
  return data;
}

function writePng(path, width, height, rgb) {
  const png = new PNG({ width, height });
  png.data = Buffer.from(rgba(rgb));
  writeFileSync(new URL(path, import.meta.url), PNG.sync.write(png, { colorType: 2, deflateLevel: 9 }));
}

const random = new RandomState(5);
for (const name of ['with_mask', 'without_mask']) {
  mkdirSync(new URL(`faces/${name}`, import.meta.url), { recursive: true });
  for (let i = 0; i < SAMPLES; i++) writePng(`faces/${name}/${i}.png`, SIZE, SIZE, syntheticFace(random, name === 'with_mask', SIZE).data);
}

const sheet = new Uint8Array(COLUMNS * SIZE * ROWS * SIZE * 3);
for (let k = 0; k < COLUMNS * ROWS; k++) {
  const { data } = syntheticFace(random, k % 2 === 0, SIZE);
  const [left, top] = [(k % COLUMNS) * SIZE, Math.floor(k / COLUMNS) * SIZE];
  for (let y = 0; y < SIZE; y++) sheet.set(data.subarray(3 * y * SIZE, 3 * (y + 1) * SIZE), 3 * ((top + y) * COLUMNS * SIZE + left));
}
await init(await wasmOf('@jsquash/webp/codec/enc/webp_enc.wasm'));
const webp = await encode({ width: COLUMNS * SIZE, height: ROWS * SIZE, data: rgba(sheet) }, { quality: 85, method: 6 });
writeFileSync(new URL('../docs/faces.webp', import.meta.url), Buffer.from(webp));
