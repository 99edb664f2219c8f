import type { ShaderInfo } from '../../protocol.js';

export type Triple = readonly [number, number, number];

/** The invocation that computes a number: where it stands among all. */
export interface Invocation {
  readonly group: Triple;
  /** local_invocation_index, or subgroup_invocation_id where a workgroup is one subgroup. */
  readonly lane: number;
  readonly id: Triple;
  /** What else it or others do for the number. */
  readonly note: string;
}

type Dispatch = ShaderInfo['variants'][number]['dispatches'][number];
type Attrs = Readonly<Record<string, number>>;

const TILE = 64;

/** A `const NAME: u32 = 8u;` of the text. */
function constant(source: string, name: string): number | undefined {
  const digits = new RegExp(`^const ${name}: u32 = (\\d+)u;`, 'm').exec(source)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The invocation by its number in a dispatch of one row of workgroups after the other. */
function inOrder(at: number, { source, workgroups }: Dispatch, note = ''): Invocation {
  const size = constant(source, 'WORKGROUP_SIZE') ?? 64;
  const width = workgroups[0] * size;
  const [x, y] = [at % width, Math.floor(at / width)];
  return { group: [Math.floor(x / size), y, 0], lane: x % size, id: [x, y, 0], note };
}

function at(group: Triple, lane: number, size: number, note: string): Invocation {
  return { group, lane, id: [group[0] * size + lane, group[1], group[2]], note };
}

/** Tiles of 64 rows by 64 columns, in which an invocation has 4 by 4. */
function tiled(row: number, column: number, what: string): Invocation {
  const lane = Math.floor((row % TILE) / 4) * 16 + Math.floor((column % TILE) / 4);
  return at([Math.floor(row / TILE), Math.floor(column / TILE), 0], lane, 256, `It computes 4 × 4 numbers, ${what}.`);
}

const partOf = (what: string): string =>
  `It computes one part of the sum for ${what}, as the same invocation of other workgroups along z does; sum_parts adds them up.`;

/** Workgroups of one subgroup, in which an invocation has COLUMNS columns, LANES apart. */
function lanes({ source }: Dispatch) {
  const [size, columns, rows] = [constant(source, 'LANES') ?? 8, constant(source, 'COLUMNS') ?? 4, constant(source, 'ROWS') ?? 8];
  return {
    columns,
    rows,
    invocation: (column: number, y: number, note: string): Invocation =>
      at([Math.floor(column / (size * columns)), y, 0], column % size, size, note),
  };
}

/** Where shaders say in their first lines what one invocation computes, and how the numbers are counted. */
const COUNTED: readonly (readonly [RegExp, (element: number, attrs: Attrs) => number, string])[] = [
  [/One invocation an? (output |input )?(element|value|weight)\b/, element => element, ''],
  [/One invocation a row\b/, (element, a) => Math.floor(element / a.units!), 'It computes the whole row.'],
  [/One invocation two elements/, element => Math.floor(element / 2), 'It computes two numbers.'],
  [
    /One invocation eight filters of a window/,
    (element, a) => Math.floor(element / a.filters!) * Math.ceil(a.filters! / 8) + Math.floor((element % a.filters!) / 8),
    'It adds up what the multiplications before made of this window, for eight filters.',
  ],
  [
    /One invocation eight filters of a tile/,
    (element, a) => {
      const [window, f] = [Math.floor(element / a.filters!), element % a.filters!];
      const [y, x] = [Math.floor(window / a.pooledWidth!), window % a.pooledWidth!];
      const tile = Math.floor(y / 2) * Math.ceil(a.pooledWidth! / 2) + Math.floor(x / 2);
      return tile * Math.ceil(a.filters! / 8) + Math.floor(f / 8);
    },
    'It adds up what the multiplications before made of a tile, which is four windows, for eight filters.',
  ],
];

const TILED: Readonly<Record<string, (element: number, attrs: Attrs, dispatch: Dispatch) => Invocation>> = {
  'conv2d_forward.tiled': (e, a) => tiled(Math.floor(e / a.filters!), e % a.filters!, 'at four positions for four filters'),
  'conv2d_backward_input.tiled': (e, a) => tiled(Math.floor(e / a.channels!), e % a.channels!, 'at four pixels for four channels'),
  'conv2d_pool_backward_input.tiled': (e, a) => tiled(Math.floor(e / a.channels!), e % a.channels!, 'at four pixels for four channels'),
  'conv2d_backward_kernel.tiled': (e, a) =>
    tiled(Math.floor(e / a.filters!), e % a.filters!, 'for one part of the sum; sum_parts adds them up'),
  'conv2d_pool_backward_kernel.tiled': (e, a) =>
    tiled(Math.floor(e / a.filters!), e % a.filters!, 'for one part of the sum; sum_parts adds them up'),
  'conv2d_pool_forward.tiled': (e, a) => {
    const [window, f] = [Math.floor(e / a.filters!), e % a.filters!];
    const lane = (window % 16) * 16 + Math.floor((f % TILE) / 4);
    return at([Math.floor(window / 16), Math.floor(f / TILE), 0], lane, 256, 'It computes the four places of one window for four filters.');
  },
  'conv2d_pool_forward.windows': (e, a, { source, workgroups }) => {
    const lanes = constant(source, 'LANES') ?? 8;
    const window = Math.floor(e / a.filters!);
    const group = Math.floor(window / lanes);
    return at(
      [group % workgroups[0], Math.floor(group / workgroups[0]), 0],
      window % lanes,
      lanes,
      'It computes all filters of this window.',
    );
  },
  'dense_forward.split': (e, a, { source }) => {
    const [row, unit] = [Math.floor(e / a.units!), e % a.units!];
    const rows = constant(source, 'ROWS') ?? 8;
    return at([Math.floor(unit / TILE), Math.floor(row / rows), 0], unit % TILE, TILE, partOf(`${rows} rows`));
  },
  'dense_forward.lanes': (e, a, dispatch) => {
    const { columns, rows, invocation } = lanes(dispatch);
    return invocation(e % a.units!, Math.floor(Math.floor(e / a.units!) / rows), partOf(`${rows} rows of ${columns} units`));
  },
  'dense_backward_input.lanes': (e, a, dispatch) => {
    const { columns, rows, invocation } = lanes(dispatch);
    return invocation(e % a.features!, Math.floor(Math.floor(e / a.features!) / rows), `It computes ${columns} features of ${rows} rows.`);
  },
  'dense_backward_kernel.lanes': (e, a, dispatch) => {
    const { columns, invocation } = lanes(dispatch);
    const perGroup = constant(dispatch.source, 'GROUP_FEATURES') ?? 256;
    return invocation(e % a.units!, Math.floor(Math.floor(e / a.units!) / perGroup), `It computes ${columns} columns of the gradients.`);
  },
  'dense_backward_kernel.units': (e, a, { workgroups }) => {
    const [feature, unit] = [Math.floor(e / a.units!), e % a.units!];
    const perGroup = Math.ceil(a.features! / workgroups[1]);
    return at([Math.floor(unit / TILE), Math.floor(feature / perGroup), 0], unit % TILE, TILE, 'It computes a column of the gradients.');
  },
};

/** Which invocation of a dispatch computes a number of the op's output; undefined where no single one does. */
export function findInvocation(dispatch: Dispatch, attrs: Attrs, element: number): Invocation | undefined {
  const known = TILED[dispatch.shader];
  if (known) return known(element, attrs, dispatch);
  const head = dispatch.source.split('\n\n')[0]!;
  const counted = COUNTED.find(([pattern]) => pattern.test(head));
  if (!counted || !dispatch.source.includes('WORKGROUP_SIZE')) return undefined;
  const order = counted[1](element, attrs);
  return Number.isFinite(order) ? inOrder(order, dispatch, counted[2]) : undefined;
}
