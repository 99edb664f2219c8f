import { globalId, type Place } from '../../../kernels/launch.js';
import { number } from '../draw/format.js';
import type { ComputedNumber } from '../shader/computed.js';
import { inspected, isStale } from '../state/inspection.js';
import { linkTo, numberOf, params } from '../state/route.js';

interface Props {
  readonly computed: ComputedNumber;
  readonly dispatch: ComputedNumber['node']['variants'][number]['dispatches'][number];
  readonly found: Place | undefined;
}

/** The invocation that computed the chosen number, by its ids. */
export function InvocationCard({ computed, dispatch, found }: Props) {
  const { tensor } = params.value;
  const index = numberOf('index', 0);
  const value = tensor === undefined || isStale.value ? undefined : inspected.value?.inspection.tensors[tensor]?.data[index];
  const [x, y, z] = dispatch.workgroups;
  const subgroup = dispatch.source.includes('subgroup_invocation_id');
  return (
    <section class="card stack" aria-label="The invocation">
      <div class="row spread">
        <h2>
          <a href={linkTo('number', { tensor, index })}>
            {tensor}[{index}]
          </a>{' '}
          {value !== undefined && <span class="mono">= {number(value, 6)}</span>}
        </h2>
        {found && (
          <p class="small quiet">
            one of {(x * y * z).toLocaleString('en')} {x * y * z === 1 ? 'workgroup' : 'workgroups'}
          </p>
        )}
      </div>
      {computed.note && <p class="small">{computed.note}</p>}
      {found ? (
        <>
          <dl class="facts mono">
            <div>
              <dt>workgroup_id</dt>
              <dd>({found.group.join(', ')})</dd>
            </div>
            <div>
              <dt>{subgroup ? 'subgroup_invocation_id' : 'local_invocation_index'}</dt>
              <dd>{found.lane}</dd>
            </div>
            <div>
              <dt>global_invocation_id</dt>
              <dd>({globalId(found).join(', ')})</dd>
            </div>
          </dl>
          <p class="small quiet">
            {found.note} It is picture 0 of the batch. Values that follow from these ids are shown after the lines below.
          </p>
        </>
      ) : (
        <p class="small quiet">This dispatch computes an intermediate result.</p>
      )}
    </section>
  );
}
