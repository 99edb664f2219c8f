/** libjpeg-turbo's decoder in WebAssembly; the package has no types. */
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export interface JPEGDecoder {
    /** Where the file is to be written, of `length` bytes. */
    getEncodedBuffer(length: number): Uint8Array;
    /** Decodes the file, to grey or RGB. Throws a number at any error and any warning. */
    decode(): void;
    /** The decoded bytes, valid until the next call. */
    getDecodedBuffer(): Uint8Array;
    readHeader(): void;
    getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: 1 | 3 };
    delete(): void;
  }

  export interface TurboModule {
    readonly HEAPU8: Uint8Array;
    readonly JPEGDecoder: new () => JPEGDecoder;
  }

  /** A new instance. `instantiateWasm` is to call back with what it made of its imports. */
  export default function create(options: {
    readonly instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => object;
    readonly printErr: (line: string) => void;
  }): Promise<TurboModule>;
}
