import { useMemo } from 'preact/hooks';
import { number } from '../../draw/format.js';
import { convolve, KERNELS, type KernelName } from '../compute/maps.js';
import { NOTHING_SHOWN, type Plane, useGrey } from './given.js';
import { PlaneMap } from './plane_map.js';
import { Choices, choiceOf } from './slider.js';

const NAMES = Object.keys(KERNELS) as KernelName[];

/** A kernel that people know, over the shown picture in grey. */
export function KernelPlay() {
  const grey = useGrey();
  const name = choiceOf('by', NAMES);
  const kernel = KERNELS[name];
  const result = useMemo((): Plane | undefined => {
    if (!grey) return undefined;
    const { data, height, width } = grey;
    return { data: convolve(data, height, width, kernel), height: height - 2, width: width - 2 };
  }, [grey, kernel]);
  return (
    <div class="piece">
      <Choices name="by" label="Kernel" options={NAMES} />
      <table class="kernel-grid">
        <caption class="hidden">The kernel's nine weights</caption>
        <tbody>
          {[0, 1, 2].map(row => (
            <tr key={row}>
              {[0, 1, 2].map(column => (
                <td key={column} class="num">
                  {number(kernel[3 * row + column]!, 3)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {grey && result ? (
        <div class="pair">
          <PlaneMap plane={grey} label="the picture in grey" />
          <PlaneMap plane={result} label={`after '${name}'`} />
        </div>
      ) : (
        <p class="small quiet">{NOTHING_SHOWN}</p>
      )}
    </div>
  );
}
