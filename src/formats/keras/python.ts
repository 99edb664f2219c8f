/** A value of JSON as Python writes it, in ASCII: whatever a text holds, it stays a text. Lists and objects may be of many lines where they are long. */
export function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([name, each]) => `${pythonText(name)}: ${pythonOf(each)}`).join(', ')}}`;
}

/** JSON's escapes are Python's too; of what is beyond the basic plane, Python has its own. Halves of a pair that stand alone stay so. */
function pythonText(text: string): string {
  const escaped = [...text].map(character => {
    const code = character.codePointAt(0)!;
    if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
    return code > 0x7e ? `\\u${code.toString(16).padStart(4, '0')}` : JSON.stringify(character).slice(1, -1);
  });
  return `"${escaped.join('')}"`;
}

/** A call with arguments by name. The names must be Keras', never a file's. */
export function pythonCall(callee: string, options: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return `${callee}(${given.map(([name, value]) => `${name}=${pythonOf(value)}`).join(', ')})`;
}
