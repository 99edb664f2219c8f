/** The checksums of every byte, by which eight steps of a bit are one look-up. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/**
 * CRC-32C (Castagnoli) of parts that follow each other, masked as TensorFlow's files mask it, so that a checksum of data that holds checksums stays
 * good. Source: RFC 3720, appendix B.4; tensorflow/core/lib/hash/crc32c.h
 */
export function maskedCrc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ part[i]!) & 0xff]!;
  }
  const sum = (crc ^ 0xffffffff) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}
