import type { ShaderSource } from '../../gpu/shader.js';
import { openFiles } from './files.js';
import type { FromWorker, ToWorker } from './messages.js';
import { type ShaderTexts, shadersOf } from './shaders.js';
import { SiteStudio } from './site_studio.js';

/** Bytes of an answer are given away where they are a whole buffer. */
const post = (message: FromWorker): void => {
  const bytes = message.type === 'answer' && message.answer instanceof Uint8Array ? message.answer : undefined;
  const isWhole = bytes !== undefined && bytes.byteLength === bytes.buffer.byteLength;
  postMessage(message, { transfer: isWhole ? [bytes.buffer] : [] });
};

const NOT_KEPT = 'This browser keeps no files for this page, as in a private window: download what you train before you close it.';

let studio: Promise<SiteStudio> | undefined;

/** They come after the studio has begun: what it keeps is told before anything computes. */
let takeTexts: (texts: ShaderTexts) => void;
const texts = new Promise<ShaderTexts>(resolve => {
  takeTexts = resolve;
});
const shaders: ShaderSource = async name => shadersOf(await texts)(name);

/** The site's studio: computes and keeps, apart from the page's thread. */
addEventListener('message', async ({ data: message }: MessageEvent<ToWorker>) => {
  if (message.type === 'begin') {
    void navigator.locks?.request(message.alive, () => new Promise(() => {}));
    const opened = openFiles();
    studio = opened.then(({ files }) => new SiteStudio(files, shaders, post));
    await (await studio).begin();
    if (!(await opened).isKept) post({ type: 'event', event: { type: 'error', message: NOT_KEPT } });
  } else if (message.type === 'shaders') takeTexts(message.texts);
  else await (await studio)?.receive(message);
});
