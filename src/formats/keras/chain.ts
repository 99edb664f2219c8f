import { object, shown, text } from '../../nn/json.js';
import { isObject } from './values.js';

/** The layers that a node of a Functional model takes, in the words of Keras 2, ['conv2d', 0, 0, {}], and 3, a tensor with its history. */
function* takenBy(node: unknown): Generator<string> {
  if (Array.isArray(node)) {
    if (typeof node[0] === 'string' && typeof node[1] === 'number') yield node[0];
    else for (const each of node) yield* takenBy(each);
  } else if (isObject(node)) {
    if (node.class_name === '__keras_tensor__' && isObject(node.config)) yield* takenBy(node.config.keras_history);
    else for (const each of Object.values(node)) yield* takenBy(each);
  }
}

/** How many inputs or outputs a Functional model has: in Keras 2 a list of lists, in Keras 3 also one alone. */
const countOf = (ends: unknown): number => (Array.isArray(ends) && Array.isArray(ends[0]) ? ends.length : 1);

/** The layers of a Functional model that is one chain, in its order; throws, saying what it is otherwise. */
export function chainOf(config: Readonly<Record<string, unknown>>, layers: readonly unknown[]): unknown[] {
  for (const [what, ends] of [
    ['inputs', config.input_layers],
    ['outputs', config.output_layers],
  ] as const) {
    const count = countOf(ends);
    if (count !== 1) throw new Error(`it is a Functional model with ${count} ${what}, wanted one of them: layers one after another`);
  }
  const next = new Map<string | undefined, { readonly name: string; readonly layer: unknown }>();
  for (const [i, layer] of layers.entries()) {
    const at = `layers[${i}]`;
    const { name: given, class_name: className, inbound_nodes: nodes, config: own } = object(layer, at);
    const name = text(given ?? (isObject(own) ? own.name : undefined), `${at}.name`);
    const who = `layer ${shown(name)} (${shown(className).slice(1, -1)})`;
    if (Array.isArray(nodes) && nodes.length > 1)
      throw new Error(`${who} is used ${nodes.length} times in a Functional model, wanted once`);
    const [taken, ...more] = takenBy(nodes);
    if (more.length > 0) throw new Error(`${who} joins ${more.length + 1} layers of a Functional model, wanted layers one after another`);
    const other = next.get(taken);
    if (other)
      throw new Error(
        `layers ${shown(other.name)} and ${shown(name)} both follow on ${taken === undefined ? 'nothing' : shown(taken)}: the model branches`,
      );
    next.set(taken, { name, layer });
  }
  const chain: unknown[] = [];
  for (let found = next.get(undefined); found; found = next.get(found.name)) {
    chain.push(found.layer);
    if (chain.length > layers.length) break;
  }
  if (chain.length !== layers.length) throw new Error('it is a Functional model whose layers are not a chain from its input to its output');
  return chain;
}
