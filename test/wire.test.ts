import { expect, test } from 'vitest';
import { maskedCrc32c } from '../src/formats/crc32c.js';
import {
  bytesField,
  countField,
  doubleField,
  fieldsOf,
  floatField,
  joined,
  packedField,
  textField,
  varintField,
} from '../src/formats/wire.js';

const text = (value: number | Uint8Array): unknown => (typeof value === 'number' ? value : Buffer.from(value).toString('hex'));
const read = (bytes: Uint8Array): unknown[] => [...fieldsOf(bytes, 'm')].map(({ number, value }) => [number, text(value)]);

test('fields are written as the encoding page of protocol buffers has them', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  expect(hex(varintField(1, 150))).toBe('089601');
  expect(hex(textField(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(bytesField(3, varintField(1, 150)))).toBe('1a03089601');
  expect(hex(packedField(6, [3, 270, 86942]))).toBe('3206038e029ea705');
  expect(hex(countField(1, 0))).toBe('');
});

test('what is written is read', () => {
  const message = joined([
    varintField(1, 2 ** 40),
    textField(20, 'aé'),
    floatField(3, 1),
    doubleField(4, 1),
    bytesField(5, varintField(1, 0)),
  ]);
  expect(read(message)).toEqual([
    [1, 2 ** 40],
    [20, '61c3a9'],
    [3, 0x3f800000],
    [4, '000000000000f03f'],
    [5, '0800'],
  ]);
  expect(read(Uint8Array.from([8, ...Array<number>(9).fill(0xff), 1])), 'a negative number has ten bytes').toEqual([[1, -1]]);
});

test.each([
  ['a length past the end', '12ff01', /m is damaged or cut short: at byte 3, 255 bytes should follow, there are 0/],
  ['a negative length', '12ffffffffffffffffff01', /m is damaged or cut short/],
  ['a number without end', 'ffffffffffffffffffffff', /m has a number of more than 64 bits at byte 0/],
  ['a cut number', '0880', /m is damaged or cut short: at byte 1, 2 bytes should follow, there are 1/],
  ['field 0', '0001', /m is not a message: at byte 0 its field has the number 0/],
  ['a group', '0b0c', /m, field 1 is of kind 3, wanted 0, 1, 2 or 5/],
])('%s is refused', (_, hex, message) => {
  expect(() => read(Uint8Array.from(Buffer.from(hex, 'hex')))).toThrow(message);
});

test('CRC-32C gives the check value of its catalogue, and parts give what the whole gives', () => {
  const bytes = new TextEncoder().encode('123456789');
  const unmask = (masked: number): number => {
    const sum = (masked - 0xa282ead8) >>> 0;
    return ((sum >>> 17) | (sum << 15)) >>> 0;
  };
  expect(unmask(maskedCrc32c(bytes))).toBe(0xe3069283);
  expect(maskedCrc32c(bytes.subarray(0, 4), bytes.subarray(4))).toBe(maskedCrc32c(bytes));
});
