/** What an error of a path means, by its code, whatever is done there. */
const REASONS: Readonly<Record<string, string>> = {
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk or terminal has failed',
  ENOMEM: 'there is not enough memory',
  ENOTDIR: 'a part of its path is a file, wanted a folder',
  ERR_INVALID_ARG_VALUE: 'its name has a character that names cannot have',
};

const READ_REASONS: Readonly<Record<string, string>> = {
  ...REASONS,
  ENOENT: 'it does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
};

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ...REASONS,
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here',
  EISDIR: 'it is a folder',
  EACCES: 'writing there is not permitted',
  EPERM: 'writing there is not permitted',
  EROFS: 'the disk is read-only',
  EEXIST: 'a part of its path is a file, wanted a folder',
  ENOENT: "a folder of its path does not exist, and can't be made",
};

/** Of codes that are not known here the system's own words: of 'EBUSY: resource busy, open "x"' what stands in the middle. */
function reason(error: unknown, reasons: Readonly<Record<string, string>>): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return (Object.hasOwn(reasons, code) && reasons[code]) || message.replace(/^[A-Z0-9_]+: ([^,]+), .*$/s, '$1') || code;
}

/** Why a file or folder can't be read. */
export const readReason = (error: unknown): string => reason(error, READ_REASONS);

/** Why something can't be written. */
export const writeReason = (error: unknown): string => reason(error, WRITE_REASONS);

/** Says what could not be written and why. */
export function writeError(path: string, cause: unknown): Error {
  return new Error(`cannot write ${path}: ${writeReason(cause)}`, { cause });
}
