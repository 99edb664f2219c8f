/** A format by the bytes that its files begin with, or that lie further on. */
interface Signature {
  readonly format: string;
  readonly bytes: readonly string[];
  readonly at?: number;
}

/** Formats in the words by which people know them. The first that fits counts. */
const SIGNATURES: readonly Signature[] = [
  { format: 'BMP', bytes: ['BM'] },
  { format: 'GIF', bytes: ['GIF87a', 'GIF89a'] },
  { format: 'JPEG', bytes: ['\xff\xd8\xff'] },
  { format: 'PPM', bytes: ['P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'Pf', 'Py'] },
  { format: 'PNG', bytes: ['\x89PNG\r\n\x1a\n'] },
  { format: 'WebP', bytes: ['WEBP'], at: 8 },
  { format: 'TIFF', bytes: ['II*\0', 'II+\0', 'II\0*', 'MM\0*', 'MM\0+', 'MM*\0'] },
  { format: 'JPEG 2000', bytes: ['\xff\x4f\xff\x51', '\0\0\0\x0cjP  \r\n\x87\n'] },
  { format: 'JPEG XL', bytes: ['\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n'] },
  { format: 'AVIF', bytes: ['ftypavif', 'ftypavis'], at: 4 },
  { format: 'HEIC', bytes: ['ftyphei', 'ftyphev', 'ftypmif1', 'ftypmsf1'], at: 4 },
  { format: 'ICO', bytes: ['\0\0\x01\0'] },
  { format: 'TGA', bytes: ['\0\0\x02\0\0\0\0\0', '\0\0\x0a\0\0\0\0\0'] },
  { format: 'CUR', bytes: ['\0\0\x02\0'] },
  { format: 'PSD', bytes: ['8BPS'] },
  { format: 'QOI', bytes: ['qoif'] },
  { format: 'ICNS', bytes: ['icns'] },
  { format: 'DDS', bytes: ['DDS '] },
  { format: 'OpenEXR', bytes: ['v/1\x01'] },
  { format: 'Radiance HDR', bytes: ['#?RADIANCE'] },
  { format: 'SGI', bytes: ['\x01\xda'] },
  { format: 'PCX', bytes: ['\n\0\x01', '\n\x02\x01', '\n\x03\x01', '\n\x05\x01'] },
  { format: 'Sun raster', bytes: ['\x59\xa6\x6a\x95'] },
  { format: 'FITS', bytes: ['SIMPLE'] },
  { format: 'XPM', bytes: ['/* XPM */'] },
  { format: 'XBM', bytes: ['#define'] },
  { format: 'WMF', bytes: ['\xd7\xcd\xc6\x9a'] },
  { format: 'EMF', bytes: [' EMF'], at: 40 },
  { format: 'EPS', bytes: ['%!PS', '\xc5\xd0\xd3\xc6'] },
  { format: 'DICOM', bytes: ['DICM'], at: 128 },
  { format: 'SVG', bytes: ['<svg'] },
];

/** Files that people take for images. */
const OTHERS: readonly Signature[] = [
  { format: 'a web page', bytes: ['<!DOCTYPE html', '<!doctype html', '<html'] },
  { format: 'a video', bytes: ['ftyp'], at: 4 },
  { format: 'a PDF file', bytes: ['%PDF'] },
  { format: 'a ZIP file', bytes: ['PK\x03\x04'] },
  { format: 'an HDF5 file', bytes: ['\x89HDF'] },
];

/** Bytes in which formats are looked for. */
const HEAD = 160;

const headOf = (file: Uint8Array): string => String.fromCharCode(...file.subarray(0, HEAD));

function find(signatures: readonly Signature[], head: string): string | undefined {
  return signatures.find(({ bytes, at = 0 }) => bytes.some(start => head.startsWith(start, at)))?.format;
}

/** What a file is, by its bytes: names lie. */
export function formatOf(file: Uint8Array): string | undefined {
  const head = headOf(file);
  const format = find(SIGNATURES, head);
  // A general container says in a list what it holds.
  if (format === 'HEIC' && /^(mif1|msf1).{4}(.{4})*?avi[fs]/s.test(head.slice(8))) return 'AVIF';
  return format;
}

/** Why a file is refused that has none of the formats that are read. */
export function refusalOf(file: Uint8Array): string {
  if (file.length === 0) return 'the file is empty';
  if (formatOf(file)) return `it is ${kindOf(file)}, which is not read; convert it to PNG or JPEG`;
  const kind = kindOf(file);
  return kind ? `it is ${kind}, not an image` : 'it is not an image: its first bytes are those of no format that is known';
}

/** What a file is, by its first bytes, for messages: 'a PNG image', 'a ZIP file'. */
export function kindOf(file: Uint8Array): string | undefined {
  const format = formatOf(file);
  if (format) return `${/^([AEIO]|[LMNSX][A-Z])/.test(format) ? 'an' : 'a'} ${format} image`;
  return find(OTHERS, headOf(file));
}
