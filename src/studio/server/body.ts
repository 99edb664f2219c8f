import type { IncomingMessage } from 'node:http';
import { HttpError } from '../engine/http_error.js';
import { UPLOAD_BYTES } from '../protocol.js';

/** A request's body; rejected as soon as it is too large, before anything is read where it says how large it is. */
export function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = new HttpError(413, `the file is larger than the ${UPLOAD_BYTES / 2 ** 20} MiB that the studio takes`);
  if (Number(request.headers['content-length'] ?? 0) > UPLOAD_BYTES) return Promise.reject(tooLarge);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= UPLOAD_BYTES) chunks.push(chunk);
      else {
        // What still comes is dropped, until the answer has gone and the connection with it.
        chunks.length = 0;
        reject(tooLarge);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new HttpError(400, 'the request broke off')));
  });
}
