/** By code points, as Python sorts strings: JavaScript's own order differs beyond U+FFFF. */
export function byCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  return i === shorter ? a.length - b.length : a.codePointAt(i)! - b.codePointAt(i)!;
}
