import type { Hdf5Call, Hdf5Group, Hdf5Numbers, Hdf5Reply, Hdf5Wanted } from './calls.js';
import { startHdf5Worker } from './worker_door.js';

export type { Hdf5Attribute, Hdf5Dataset, Hdf5Group, Hdf5Numbers, Hdf5Type, Hdf5Wanted } from './calls.js';

/** An HDF5 file that is open, for requests. Paths begin with '/'. What is not there is undefined; links are refused. */
export interface Hdf5File {
  /** An attribute that is a text. */
  text(path: string, attribute: string): Promise<string | undefined>;
  /** An attribute that is a list of texts, also where it is split into several attributes with numbers. */
  texts(path: string, attribute: string): Promise<readonly string[] | undefined>;
  /** The names in a group, by alphabet. */
  names(path: string): Promise<readonly string[] | undefined>;
  /** A dataset's numbers. Throws where they are of another type or shape: before any is read. */
  numbers(path: string, wanted: Hdf5Wanted): Promise<Hdf5Numbers | undefined>;
}

/** Milliseconds that reading or writing a file may take: a damaged one may take for ever. */
const deadlineOf = (bytes: number): number => 10_000 + bytes / 10_000;

/** Does some work with an HDF5 file, in a worker that ends with it. Throws, naming the file, where the file can't be read or takes too long. */
export async function withHdf5<T>(name: string, bytes: Uint8Array, work: (file: Hdf5File) => Promise<T>): Promise<T> {
  const session = new Session(deadlineOf(bytes.length));
  const ask = (call: Hdf5Call): ReturnType<Session['ask']> =>
    session.ask(call).catch((error: Error) => {
      throw new Error(`${name} can't be read as HDF5: ${error.message}`, { cause: error });
    });
  const texts = (path: string, attribute: string): Promise<readonly string[] | undefined> =>
    ask({ op: 'texts', path, attribute }) as Promise<readonly string[] | undefined>;
  try {
    await ask({ op: 'open', bytes });
    return await work({
      text: async (path, attribute) => (await texts(path, attribute))?.[0],
      async texts(path, attribute) {
        const whole = await texts(path, attribute);
        if (whole) return whole;
        const parts: (readonly string[])[] = [];
        for (;;) {
          const part = await texts(path, `${attribute}${parts.length}`);
          if (part === undefined) return parts.length > 0 ? parts.flat() : undefined;
          parts.push(part);
        }
      },
      names: path => ask({ op: 'names', path }) as Promise<readonly string[] | undefined>,
      numbers: (path, wanted) => ask({ op: 'numbers', path, wanted }) as Promise<Hdf5Numbers | undefined>,
    });
  } finally {
    session.end();
  }
}

/** An HDF5 file; the same content gives the same bytes. */
export async function writeHdf5(root: Hdf5Group): Promise<Uint8Array<ArrayBuffer>> {
  const session = new Session(deadlineOf(bytesOf(root)));
  try {
    return (await session.ask({ op: 'write', root })) as Uint8Array<ArrayBuffer>;
  } finally {
    session.end();
  }
}

const bytesOf = ({ members = new Map() }: Hdf5Group): number =>
  [...members.values()].reduce((sum, member) => sum + ('data' in member ? member.data.byteLength : bytesOf(member)), 0);

/** A worker, and how long it may live. */
class Session {
  readonly #worker = startHdf5Worker();
  readonly #deadline: ReturnType<typeof setTimeout>;
  #failed: Error | undefined;
  /** Of the call that it answers. */
  #settle: { resolve(value: Extract<Hdf5Reply, { value: unknown }>['value']): void; reject(error: Error): void } | undefined;

  constructor(milliseconds: number) {
    this.#deadline = setTimeout(() => this.#fail(`it took longer than ${Math.round(milliseconds / 1000)} s`), milliseconds);
    this.#worker.listen(
      reply => ('error' in reply ? this.#fail(reply.error) : this.#settle?.resolve(reply.value)),
      reason => this.#fail(reason),
    );
  }

  /** One call at a time. After the first that fails, all do: the library may be broken then. */
  ask(call: Hdf5Call): Promise<Extract<Hdf5Reply, { value: unknown }>['value']> {
    if (this.#failed) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.post(call);
    });
  }

  end(): void {
    clearTimeout(this.#deadline);
    this.#worker.end();
  }

  #fail(reason: string): void {
    this.#failed ??= new Error(reason);
    this.end();
    this.#settle?.reject(this.#failed);
  }
}
