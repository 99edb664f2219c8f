import { openFiles } from './files.js';
import type { FromWorker, ToWorker } from './messages.js';
import { SiteStudio } from './site_studio.js';

/** Bytes of an answer are given away where they are a whole buffer. */
const post = (message: FromWorker): void => {
  const bytes = message.type === 'answer' && message.answer instanceof Uint8Array ? message.answer : undefined;
  const isWhole = bytes !== undefined && bytes.byteLength === bytes.buffer.byteLength;
  postMessage(message, { transfer: isWhole ? [bytes.buffer] : [] });
};

let studio: Promise<SiteStudio> | undefined;

/** The site's studio: computes and keeps, apart from the page's thread. */
addEventListener('message', async ({ data: message }: MessageEvent<ToWorker>) => {
  if (message.type === 'begin') {
    studio = openFiles().then(({ files }) => new SiteStudio(files, message.shaders, post));
    await (await studio).begin();
  } else await (await studio)?.receive(message);
});
