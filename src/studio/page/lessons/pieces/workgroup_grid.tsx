import { count, number } from '../../draw/format.js';
import { model } from '../../state/live.js';
import { choose, numberOf } from '../../state/route.js';
import { bytesRead, invocationOf, launchOf } from '../compute/workgroups.js';
import { Slider } from './slider.js';

/** How a layer's outputs are shared out among invocations, and where the chosen one stands. */
export function WorkgroupGrid() {
  const layer = model.value?.layers[0];
  const outputs = layer?.outputShape.reduce((product, length) => product * length, 1) ?? 2904;
  const size = 2 ** numberOf('power', 6);
  const index = Math.min(outputs - 1, numberOf('output', 100));
  const { workgroups, idle } = launchOf(outputs, size);
  const { workgroup, local } = invocationOf(index, size);
  const first = workgroup * size;
  return (
    <div class="piece">
      <Slider name="power" label="workgroup" low={4} high={8} step={1} initial={6} show={power => `${2 ** power}`} />
      <Slider name="output" label="output number" low={0} high={outputs - 1} step={1} initial={100} show={count} />
      <p>
        {layer?.name ?? 'A layer'} has {count(outputs)} output numbers for a picture: {count(workgroups[0] * workgroups[1])} workgroups of{' '}
        {size}
        {idle > 0 && `; ${idle} invocations of the last find nothing to do and return`}. Output {count(index)} is invocation {local} of
        workgroup {count(workgroup)}:
      </p>
      <div class="lanes" style={{ gridTemplateColumns: `repeat(${Math.min(16, size)}, 1fr)` }}>
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
        For one number alone, an invocation reads {count(alone)} bytes of pixels and weights. A workgroup that brings the pixels of a {tile}{' '}
        × {tile} tile and the weights into its own memory once reads {number(shared, 4)} a number: {number(alone / shared, 3)} times fewer.
      </p>
    </div>
  );
}
