import { ZlibStream } from './inflate.js';

/** Bytes that a compressed text may inflate to, and all of a file's texts together. Source: PIL/PngImagePlugin.py */
const MAX_TEXT = 2 ** 20;
const MAX_TEXTS = 64 * MAX_TEXT;

/**
 * Texts and colour profiles of a PNG file, which are no pixels but decide whether PIL takes the file: it refuses unknown compression and what inflates
 * to too much, and takes damaged text.
 */
export class PngTexts {
  #length = 0;

  take(name: 'iCCP' | 'iTXt' | 'tEXt' | 'zTXt', data: Uint8Array): void {
    this.#length += name === 'tEXt' ? data.length : inflatedLength(compressedPart(name, data));
    if (this.#length > MAX_TEXTS) throw new Error('the PNG file has more than 64 MB of text');
  }
}

/** What follows the keyword and, of international text, its languages; nothing where it isn't compressed. */
function compressedPart(name: 'iCCP' | 'iTXt' | 'zTXt', data: Uint8Array): Uint8Array {
  const none = new Uint8Array(0);
  const end = data.indexOf(0);
  if (name === 'iTXt') {
    const language = data.indexOf(0, end + 3);
    const keyword = data.indexOf(0, language + 1);
    const isCompressed = end >= 0 && data.length - end > 2 && data[end + 1] !== 0 && data[end + 2] === 0;
    return isCompressed && language >= 0 && keyword >= 0 ? data.subarray(keyword + 1) : none;
  }
  if (end < 0 && name === 'zTXt') return none;
  // A text may be empty; a profile can't.
  const method = data[end + 1] ?? (name === 'zTXt' ? 0 : undefined);
  if (method !== 0) throw new Error(`the PNG data is broken: its ${name} chunk is compressed in an unknown way`);
  return data.subarray(end + 2);
}

function inflatedLength(compressed: Uint8Array): number {
  const stream = new ZlibStream();
  stream.give(compressed);
  const output = new Uint8Array(Math.min(MAX_TEXT, 1032 * compressed.length));
  const length = stream.fill(output, 0, output.length);
  if (length !== undefined && !stream.ended && stream.waiting > 0)
    throw new Error('the PNG file has a text that inflates to more than 1 MB');
  return length ?? 0;
}
