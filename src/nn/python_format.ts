import { formatFloat, formatInt, formatText } from './python_number.js';

/** What Keras puts into a file's name as whole numbers; all others are floats, also where they are whole. */
const INTS: readonly string[] = ['epoch', 'batch'];

/** Fields within a field's format may be one deep, as in Python. */
const DEPTH = 2;

/** A template names a number that there is none of: Python's KeyError. */
export class UnknownFieldError extends Error {
  readonly field: string;

  constructor(template: string, field: string, known: readonly string[]) {
    super(`'${template}' names {${field}}, which is not among ${known.join(', ')}`);
    this.field = field;
  }
}

/**
 * Python's `template.format(**values)` for numbers, as ModelCheckpoint names files: 'model2-{epoch:03d}-{val_loss:.2f}'. 'epoch' and 'batch' are Python's
 * int, all others float. Throws in Python's words, with the template.
 * Source: https://docs.python.org/3.11/library/string.html#format-string-syntax, and CPython's Objects/stringlib/unicode_format.h where it is silent.
 */
export function pythonFormat(template: string, values: Readonly<Record<string, number>>): string {
  return expand(template, values, DEPTH, template);
}

function expand(text: string, values: Readonly<Record<string, number>>, depth: number, template: string): string {
  const fail = (message: string): Error => new Error(`'${template}': ${message}`);
  if (depth === 0) throw fail('Max string recursion exceeded');
  let result = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    at += 1;
    if (character !== '{' && character !== '}') {
      result += character;
      continue;
    }
    if (text[at] === character) {
      result += character;
      at += 1;
      continue;
    }
    if (character === '}' || at === text.length) throw fail(`Single '${character}' encountered in format string`);
    const field = fieldAt(text, at, fail);
    at = field.end;
    const found = lookUp(field.name, values, template);
    const spec = field.spec.includes('{') ? expand(field.spec, values, depth - 1, template) : field.spec;
    try {
      result += formatted(found, field.conversion, spec);
    } catch (error) {
      throw fail(`{${text.slice(field.begin, field.end - 1)}}: ${(error as Error).message}`);
    }
  }
  return result;
}

interface Field {
  readonly begin: number;
  /** Behind its closing brace. */
  readonly end: number;
  readonly name: string;
  readonly conversion: string | undefined;
  readonly spec: string;
}

/** The field that begins behind its opening brace at `begin`: name, !conversion, :spec. */
function fieldAt(text: string, begin: number, fail: (message: string) => Error): Field {
  let at = begin;
  for (; at < text.length && !'}:!'.includes(text[at]!); at++) {
    if (text[at] === '{') throw fail("unexpected '{' in field name");
    if (text[at] === '[') at = text.indexOf(']', at) < 0 ? text.length : text.indexOf(']', at);
  }
  if (at >= text.length) throw fail("expected '}' before end of string");
  const name = text.slice(begin, at);
  if (text[at] === '}') return { begin, end: at + 1, name, conversion: undefined, spec: '' };
  let conversion: string | undefined;
  if (text[at] === '!') {
    if (at + 1 >= text.length) throw fail('end of string while looking for conversion specifier');
    conversion = String.fromCodePoint(text.codePointAt(at + 1)!);
    at += 1 + conversion.length;
    if (text[at] === '}') return { begin, end: at + 1, name, conversion, spec: '' };
    if (at < text.length && text[at] !== ':') throw fail("expected ':' after conversion specifier");
  }
  const start = at + 1;
  let open = 1;
  for (at = start; at < text.length; at++) {
    open += text[at] === '{' ? 1 : text[at] === '}' ? -1 : 0;
    if (open === 0) return { begin, end: at + 1, name, conversion, spec: text.slice(start, at) };
  }
  throw fail("unmatched '{' in format spec");
}

interface Found {
  readonly value: number;
  readonly isInt: boolean;
}

/** The number that a field names: `loss`, or a part of it as `loss.real`. */
function lookUp(field: string, values: Readonly<Record<string, number>>, template: string): Found {
  const [, name = '', path = ''] = /^([^.[]*)(.*)$/s.exec(field)!;
  if (!Object.hasOwn(values, name)) throw new UnknownFieldError(template, name, Object.keys(values));
  let found: Found = { value: values[name]!, isInt: INTS.includes(name) };
  for (let rest = path; rest !== ''; ) {
    const [part, attribute] = /^\.([^.[]*)/.exec(rest) ?? [rest];
    const type = found.isInt ? 'int' : 'float';
    if (attribute === '' || rest.startsWith('[]')) throw new Error(`'${template}': Empty attribute in format string`);
    if (attribute === undefined) throw new Error(`'${template}': {${field}}: '${type}' object is not subscriptable`);
    const parts: Readonly<Record<string, number>> = {
      real: found.value,
      imag: 0,
      ...(found.isInt && { numerator: found.value, denominator: 1 }),
    };
    if (!Object.hasOwn(parts, attribute)) throw new Error(`'${template}': '${type}' object has no attribute '${attribute}'`);
    found = { ...found, value: parts[attribute]! };
    rest = rest.slice(part.length);
  }
  return found;
}

function formatted({ value, isInt }: Found, conversion: string | undefined, spec: string): string {
  const format = isInt ? formatInt : formatFloat;
  if (conversion === undefined) return format(value, spec);
  if (!'rsa'.includes(conversion)) throw new Error(`Unknown conversion specifier '${conversion}'; wanted r, s or a`);
  return formatText(format(value, ''), spec);
}
