import { object, shown, text } from '../../nn/json.js';
import { camelCase, snakeCase } from './names.js';

type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Modules of Keras itself, by all its releases' names. */
const OWN_MODULE = /^(tensorflow\.)?(tf_)?keras($|\.)/;

/** Throws where an entry of Keras' JSON is of a class that is not Keras' own: nothing of it is looked at. `who` begins the message. */
export function checkOwn({ module, class_name: name, registered_name: registered }: Fields, who: string): void {
  // A function of Keras is registered by its own name.
  const isRegistered = registered !== undefined && registered !== null && registered !== name;
  const isForeign = module !== undefined && module !== null && !(typeof module === 'string' && OWN_MODULE.test(module));
  if (!isRegistered && !isForeign) return;
  const from = isForeign ? `of the module ${shown(module)}` : `registered as ${shown(registered)}`;
  throw new Error(`${who} is of a class of its author's, ${shown(name)} ${from}, wanted one of Keras' own`);
}

/**
 * A value of Keras' JSON in our words: a tuple is a list, a function its name, and an object of a class, a regularizer perhaps, { className, config } with
 * its fields in camelCase. `who` begins a message.
 */
export function fromKeras(value: unknown, who: string): unknown {
  if (Array.isArray(value)) return value.map(each => fromKeras(each, who));
  if (!isObject(value) || value.class_name === undefined) return value;
  const { class_name: className, items, module, config } = value;
  if (className === '__tuple__' || className === 'TensorShape') return fromKeras(items, who);
  if (className === 'function' && module === 'builtins') return text(config, `${who}: its function`);
  checkOwn(value, who);
  const fields = Object.entries(object(config ?? {}, `${who}: config of ${shown(className)}`));
  return { className, config: Object.fromEntries(fields.map(([name, each]) => [camelCase(name), fromKeras(each, who)])) };
}

/** The reverse of fromKeras(), as every release of Keras reads it. */
export function toKeras(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toKeras);
  if (!isObject(value)) return value;
  const { className, config } = value;
  const fields = Object.entries(config as Fields);
  return { class_name: className, config: Object.fromEntries(fields.map(([name, each]) => [snakeCase(name), toKeras(each)])) };
}

/** Whether two values of JSON are the same. */
export const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
