/** What an error of reading means, by its code. */
const READ_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
};

/** Why a file can't be read. */
export function readReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return READ_REASONS[code ?? ''] ?? message;
}

/** What an error of writing means, by its code. */
const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here',
  EACCES: 'writing there is not permitted',
  EROFS: 'the disk is read-only',
  EIO: 'the disk or terminal has failed',
  EEXIST: 'a part of its path is a file, wanted a folder',
  ENOTDIR: 'a part of its path is a file, wanted a folder',
};

/** Why something can't be written. */
export function writeReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WRITE_REASONS[code ?? ''] ?? message;
}

/** Says what could not be written and why. */
export function writeError(path: string, cause: unknown): Error {
  return new Error(`cannot write ${path}: ${writeReason(cause)}`, { cause });
}

/** What an error says; of one that says nothing, what it is. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `something was thrown that is not an error: ${JSON.stringify(error) ?? String(error)}`;
  const { message, name } = error;
  const [cause] = error instanceof AggregateError ? error.errors : [error.cause];
  if (message.trim() !== '') return message;
  return cause instanceof Error ? messageOf(cause) : `${name} without a message (WGRAD_DEBUG=1 shows where)`;
}
