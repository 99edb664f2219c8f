/** Options by Keras' names, in camelCase. */
export function camelCase<T>(options: Readonly<Record<string, unknown>>): T {
  const names = Object.entries(options).map(([name, value]) => [
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(names) as T;
}
