/** '2 conv2d, 2 max_pooling2d, flatten': the kinds of a network's layers, counted in the order in which they first come. */
export function kindsOf(layers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const layer of layers) {
    const [kind = ''] = layer.split(':', 1);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, times]) => (times === 1 ? kind : `${times} ${kind}`)).join(', ');
}
