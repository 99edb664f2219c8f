/** Bytes of names that are not UTF-8, as lone surrogates: see nameFromBytes() of src/node. */
const ESCAPED = /[\udc80-\udcff]/gu;

/** Characters that turn the text around them, or end the line. */
const TURNING = /[\u2028-\u202e\u2066-\u2069]/g;

/**
 * A name for people in one line: bytes that are no UTF-8 as \\xe9, and control characters, which a terminal would obey, as \\n, \\u001b or \\u202e, by
 * which 'gpj.exe' looks like 'exe.jpg'.
 */
export const plain = (name: string): string =>
  name
    .replaceAll(ESCAPED, byte => `\\x${(byte.charCodeAt(0) & 0xff).toString(16)}`)
    .replace(/\p{Cc}/gu, character =>
      character < ' ' ? JSON.stringify(character).slice(1, -1) : `\\x${character.charCodeAt(0).toString(16)}`,
    )
    .replace(TURNING, character => `\\u${character.charCodeAt(0).toString(16)}`);
