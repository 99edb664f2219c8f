import { bytesOf, fieldsOf } from '../wire.js';

/** What Keras noted of the folder's root object. */
export interface RootObject {
  /** '_tf_keras_sequential', '_tf_keras_network' (functional), '_tf_keras_model' (subclassed) … */
  readonly identifier: string;
  /** JSON */
  readonly metadata: string;
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** The root in a keras_metadata.pb: nodes, each {3 path, 4 identifier, 5 metadata}. Source: keras/protobuf/saved_metadata.proto */
export function rootOfMetadata(name: string, file: Uint8Array): RootObject | undefined {
  for (const { number, value: node } of fieldsOf(file, name)) {
    if (number !== 1 || typeof node === 'number') continue;
    if (text(bytesOf(node, 3, `a node of ${name}`)) !== 'root') continue;
    return { identifier: text(bytesOf(node, 4, name)), metadata: text(bytesOf(node, 5, name)) };
  }
  return undefined;
}

/**
 * The root in a saved_model.pb of TensorFlow to 2.4: its graph of objects begins with it, as a user's object {1 identifier, 3 metadata}. All else, the
 * graph of operations first of all, is passed over unread. Source: tensorflow/core/protobuf/saved_object_graph.proto
 */
export function rootOfGraph(name: string, file: Uint8Array): RootObject | undefined {
  let message: Uint8Array | undefined = file;
  for (const field of [2, 7]) message = message && bytesOf(message, field, name);
  const root = message && firstBytes(message, 1, name);
  const object = root && bytesOf(root, 4, name);
  const metadata = object && bytesOf(object, 3, name);
  return metadata?.length ? { identifier: text(bytesOf(object!, 1, name)), metadata: text(metadata) } : undefined;
}

function firstBytes(message: Uint8Array, field: number, what: string): Uint8Array | undefined {
  for (const { number, value } of fieldsOf(message, what)) if (number === field && typeof value !== 'number') return value;
  return undefined;
}
