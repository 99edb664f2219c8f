import type { GeneratorState } from '../engine/random.js';
import { type CompileConfig, readCompileConfig, readModel } from '../nn/config.js';
import type { FitState } from '../nn/fit_state.js';
import {
  choice,
  fields,
  flag,
  list,
  number,
  numberOrNull,
  object,
  optional,
  parseJson,
  permutation,
  type Read,
  record,
  shown,
  whole,
} from '../nn/json.js';
import type { Sequential } from '../nn/model.js';

/** What the JSON of a checkpoint's header gives. */
export interface ReadHeader {
  readonly model: Sequential;
  readonly compile?: CompileConfig | undefined;
  readonly step: number;
  readonly rowsTrained: number;
  readonly training: FitState | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
}

const generator: Read<GeneratorState> = fields<GeneratorState>({ key: list(whole(0, 2 ** 32 - 1), 624), position: whole(0, 624) });

/** What a source saves, which only the source can judge. */
const anything: Read<unknown> = value => value;

const readTraining: Read<FitState> = (value, at) => {
  const state = fields<FitState>({
    epoch: whole(),
    batch: whole(),
    position: optional(whole()),
    ended: flag,
    order: permutation,
    totals: fields({ loss: number(), correct: number(0), rows: whole(), counts: optional(list(number())) }),
    history: record(list(numberOrNull)),
    numpy: generator,
    python: generator,
    source: anything,
    validationSource: anything,
    validationPeeked: flag,
  })(value, at);
  const { epoch, batch, position = batch, ended, order, history } = state;
  const done = ended ? epoch + 1 : epoch;
  const noted = history.loss?.length ?? 0;
  if (noted !== done) throw new Error(`${at}.history.loss has ${noted} epochs, wanted the ${done} that ${at}.epoch says are done`);
  if (batch > order.length) throw new Error(`${at}.batch is ${batch}, wanted at most the ${order.length} of ${at}.order`);
  if (position > order.length) throw new Error(`${at}.position is ${position}, wanted at most the ${order.length} of ${at}.order`);
  return state;
};

const readParts = fields<ReadHeader & { readonly format: 1 }>({
  format: choice(1),
  model: readModel,
  compile: optional(readCompileConfig),
  step: whole(),
  rowsTrained: whole(),
  training: optional(readTraining),
  extra: object,
});

/** Reads the JSON of the header of a checkpoint in `file`; throws, naming the file and the field, where it could not have been written. */
export function readHeader(file: string, json: string): ReadHeader {
  try {
    const header = object(parseJson(json, 'it'), 'it');
    if (header.format !== 1)
      throw new Error(
        `${header.format === undefined ? 'it has no format' : `it is of format ${shown(header.format)}`}; this version reads format 1`,
      );
    const { format: _, ...parts } = readParts(header, '');
    if (parts.compile) parts.model.checkCompile(parts.compile.loss, parts.compile.metrics);
    return parts;
  } catch (error) {
    throw new Error(`${file} is not a checkpoint that can be read: of its entry 'wgrad', ${(error as Error).message}`, { cause: error });
  }
}
