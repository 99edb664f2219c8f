import { sizeOf } from '../../../../engine/shape.js';
import { count, number } from '../../draw/format.js';
import { choose, numberOf } from '../../state/route.js';
import { chosenKernel } from '../../state/shaders.js';
import { bytesRead, invocationOf, launchOf } from '../compute/workgroups.js';
import { Shown } from '../said.js';
import { NOTHING_SHOWN } from './given.js';
import { Slider } from './slider.js';

/** Invocations of a workgroup, as the shader's text says it. */
const sizeIn = (source: string): number => Number(/const WORKGROUP_SIZE: u32 = (\d+)u/.exec(source)?.[1] ?? 64);

/** How the outputs of the shown shader are shared out among invocations, and where the chosen one stands; for other sizes, too. */
export function WorkgroupGrid() {
  const kernel = chosenKernel.value;
  const at = kernel?.number?.at;
  if (!kernel || !at) return <p class="small quiet">{NOTHING_SHOWN}</p>;
  const outputs = sizeOf(kernel.node.outputs[at.output]!.shape);
  const size = 2 ** numberOf('power', Math.log2(sizeIn(kernel.dispatch.source)));
  const index = Math.min(outputs - 1, numberOf('output', at.element));
  const { workgroups, idle } = launchOf(outputs, size);
  const { workgroup, local } = invocationOf(index, size);
  const first = workgroup * size;
  const groups = workgroups[0] * workgroups[1];
  return (
    <div class="piece">
      <Slider name="power" label="workgroup" low={4} high={8} step={1} initial={Math.log2(size)} show={power => `${2 ** power}`} />
      <Slider name="output" label="output number" low={0} high={outputs - 1} step={1} initial={index} show={count} />
      <p>
        It computes {count(outputs)} numbers for a picture: <Shown by="invocation">{count(groups)} workgroups</Shown> of {size}
        {idle > 0 && `; ${idle} invocations of the last find nothing to do and return`}. Output {count(index)} is invocation{' '}
        <Shown by="invocation">{local}</Shown> of workgroup <Shown by="invocation">{count(workgroup)}</Shown>:
      </p>
      <div class="lanes" style={{ gridTemplateColumns: `repeat(${Math.min(8, size)}, 1fr)` }}>
        {Array.from({ length: size }, (_, lane) => (
          <button
            key={lane}
            type="button"
            aria-label={`Invocation ${lane}`}
            aria-pressed={lane === local}
            disabled={first + lane >= outputs}
            onClick={() => choose({ output: first + lane })}
          />
        ))}
      </div>
    </div>
  );
}

/** Why tiles are shared: bytes read for one number of a convolution. */
export function BytesRead() {
  const channels = numberOf('channels', 100);
  const tile = numberOf('tile', 8);
  const { alone, shared } = bytesRead(channels, tile);
  return (
    <div class="piece">
      <Slider name="channels" label="channels" low={1} high={128} step={1} initial={100} />
      <Slider name="tile" label="tile" low={1} high={16} step={1} initial={8} show={value => `${value} × ${value}`} />
      <p>
        For one number alone, an invocation reads {count(alone)} bytes of pixels and weights. A workgroup that brings the pixels of a tile
        of {tile} × {tile} numbers and the weights into its own memory once reads {number(shared, 4)} bytes per number:{' '}
        {number(alone / shared, 3)} times fewer.
      </p>
    </div>
  );
}
