/** Values of names in a shader: numbers, and vectors and structs by member. */
export type Names = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** What WGSL's u32 holds: sums and differences wrap. */
const u32 = (value: number): number => value >>> 0;

const TOKEN = /\s*(?:(\d+)u?(?![\w.])|([A-Za-z_]\w*(?:\.\w+)?)|([-+*/%()]))/y;

function tokens(text: string): string[] | undefined {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return undefined;
    found.push((match[1] ?? match[2] ?? match[3])!);
  }
  return found;
}

/**
 * An expression over u32 with + - * / % and brackets, as WGSL computes it: division cuts off, results wrap at 2^32.
 * Undefined where it has anything else or a name without a value.
 */
export function evaluate(text: string, names: Names): number | undefined {
  const list = tokens(text.trim());
  if (!list) return undefined;
  let at = 0;
  const primary = (): number | undefined => {
    const token = list[at++];
    if (token === undefined) return undefined;
    if (token === '(') {
      const inner = sum();
      return list[at++] === ')' ? inner : undefined;
    }
    if (/^\d/.test(token)) return Number(token);
    const [name, member] = token.split('.') as [string, string | undefined];
    const value = names[name];
    if (member === undefined) return typeof value === 'number' ? value : undefined;
    return typeof value === 'object' ? value[member] : undefined;
  };
  const chain = (next: () => number | undefined, operators: Readonly<Record<string, (a: number, b: number) => number>>) => {
    let left = next();
    while (left !== undefined && at < list.length && list[at]! in operators) {
      const apply = operators[list[at++]!]!;
      const right = next();
      left = right === undefined ? undefined : apply(left, right);
    }
    return left;
  };
  const product = (): number | undefined =>
    chain(primary, {
      '*': (a, b) => u32(Math.imul(a, b)),
      '/': (a, b) => (b === 0 ? a : Math.floor(a / b)),
      '%': (a, b) => (b === 0 ? 0 : a % b),
    });
  const sum = (): number | undefined => chain(product, { '+': (a, b) => u32(a + b), '-': (a, b) => u32(a - b) });
  const result = sum();
  return at === list.length ? result : undefined;
}

const CONSTANT = /^const (\w+)(?:: u32)? = ([^;]+);/;
const LET = /^\s*let (\w+) = ([^;]+);/;

/** For each line, the value of the `let` or `const` that it declares, as far as `names` go. Names of an inner loop stay unknown. */
export function lineValues(lines: readonly string[], names: Names): (number | undefined)[] {
  const known: Record<string, Names[string]> = { ...names };
  return lines.map(line => {
    const match = CONSTANT.exec(line) ?? LET.exec(line);
    if (!match) return undefined;
    const [, name, expression] = match as unknown as [string, string, string];
    const value = evaluate(expression, known);
    // A name that is declared again with something unknown must not keep its old value.
    if (value === undefined) delete known[name];
    else known[name] = value;
    return /^\d+u?$/.test(expression) ? undefined : value;
  });
}
