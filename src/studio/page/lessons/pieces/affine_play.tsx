import { useMemo } from 'preact/hooks';
import { Picture } from '../../components/picture.js';
import { inputPicture } from '../../draw/canvas.js';
import { added, number } from '../../draw/format.js';
import { numberOf } from '../../state/route.js';
import { transformed, transformOf } from '../compute/affine.js';
import { NOTHING_SHOWN, tensorOf, useShown } from './given.js';
import { Slider } from './slider.js';

const degrees = (value: number): string => `${value}°`;
const share = (value: number): string => `${Math.round(100 * value)} %`;

/** The shown picture under one affine matrix, as the kernel for training applies it. */
export function AffinePlay() {
  const input = tensorOf(useShown(), 'input');
  const change = {
    rotation: numberOf('rotation', 20),
    shiftX: numberOf('right', 0.1),
    shiftY: numberOf('down', 0),
    shear: numberOf('shear', 0),
    zoom: numberOf('zoom', 1),
    mirror: numberOf('mirror', 0) === 1,
  };
  const shape = input?.shape as readonly [number, number, number] | undefined;
  const picture = useMemo(() => input && shape && inputPicture(input.data, shape), [input?.data]);
  const row = transformOf(change, shape?.[0] ?? 24, shape?.[1] ?? 24);
  const result = useMemo(() => picture && shape && { ...picture, data: transformed(picture.data, row, shape) }, [picture, row.join()]);
  const [a00, a01, a10, a11, b0, b1] = row as unknown as number[];
  return (
    <div class="piece">
      {picture && result ? (
        <div class="pair">
          <Picture picture={picture} label="The picture" size={130} />
          <Picture picture={result} label="The picture, transformed" size={130} />
        </div>
      ) : (
        <p class="small quiet">{NOTHING_SHOWN}</p>
      )}
      <Slider name="rotation" label="rotation" low={-40} high={40} step={1} initial={20} show={degrees} />
      <Slider name="right" label="across" low={-0.2} high={0.2} step={0.02} initial={0.1} show={share} />
      <Slider name="down" label="down" low={-0.2} high={0.2} step={0.02} initial={0} show={share} />
      <Slider name="shear" label="shear" low={-40} high={40} step={1} initial={0} show={degrees} />
      <Slider name="zoom" label="zoom" low={0.8} high={1.2} step={0.02} initial={1} />
      <Slider name="mirror" label="mirrored" low={0} high={1} step={1} initial={0} show={value => (value === 1 ? 'yes' : 'no')} />
      <p class="mono small matrix">
        row = {number(a00!, 3)} · r {added(a01!, 3)} · c {added(b0!, 3)}
        <br />
        column = {number(a10!, 3)} · r {added(a11!, 3)} · c {added(b1!, 3)}
      </p>
      <p class="small quiet">r and c are counted from the picture's centre.</p>
    </div>
  );
}
