import type { ShaderInfo } from '../../protocol.js';
import { duration } from '../draw/format.js';
import { choose } from '../state/route.js';

/** Every way to compute a node, from the naive one on, with the time that each took on this adapter. */
export function Ladder({ node, shown }: { readonly node: ShaderInfo; readonly shown: string }) {
  const most = Math.max(...node.variants.map(({ ms }) => ms ?? 0)) || 1;
  const naive = node.variants[0]?.ms;
  return (
    <ol class="ladder">
      {node.variants.map(({ name, ms, dispatches }) => (
        <li key={name}>
          <button type="button" aria-pressed={name === shown} onClick={() => choose({ variant: name, part: undefined })}>
            <span class="ladder-name">
              <strong>{name}</strong>
              {name === node.variant && <span class="tag">in use</span>}
            </span>
            <span class="ladder-bar">{ms !== undefined && <span class="bar" style={{ width: `${(100 * ms) / most}%` }} />}</span>
            <span class="num small">
              {ms === undefined ? <span class="quiet">{node.variants.length === 1 ? 'the only one' : 'not timed'}</span> : duration(ms)}
              {ms !== undefined && naive !== undefined && name !== node.variants[0]!.name && (
                <span class="quiet"> ({Number((naive / ms).toPrecision(2))} × as fast)</span>
              )}
            </span>
            <span class="small quiet">{dispatches.map(({ shader }) => shader).join(' → ')}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
