import { constants } from 'node:buffer';
import { freemem, totalmem } from 'node:os';

/** Bytes that this process may still take. Where the system does not say what it could free, as Linux does, all that the machine has. */
export function memoryLeft(): number {
  const there = process.platform === 'linux' ? freemem() : totalmem();
  return Math.min(there, process.constrainedMemory() || Infinity);
}

/** Bytes of pictures that are held in memory where nobody says how many: a quarter of the machine's, at most 2 GiB. */
export const defaultMemory = (): number =>
  Math.min(2 * 2 ** 30, Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 4));

/** A count of bytes for people. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  const value = bytes / 1024 ** unit;
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${units[unit]}`;
}

/** Throws where images of a size can't be kept in memory together, before any is read. */
export function checkImagesFit(count: number, { height, width, channels }: Record<'height' | 'width' | 'channels', number>): void {
  const bytes = count * height * width * channels;
  const left = memoryLeft();
  const there = left <= constants.MAX_LENGTH ? `${formatBytes(left)} are free` : `one array holds ${formatBytes(constants.MAX_LENGTH)}`;
  if (bytes <= Math.min(left, constants.MAX_LENGTH)) return;
  throw new Error(
    `${count} image${count === 1 ? '' : 's'} of ${height}x${width} pixels would take ${formatBytes(bytes)}, ${there}: use a smaller size or fewer images`,
  );
}
