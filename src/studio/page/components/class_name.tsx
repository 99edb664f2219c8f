import { cutMiddle } from '../../../data/cut.js';

/** Characters of a class' name that are shown where there is little room. */
const SHORT = 22;

/** The name of a class, its middle cut where it is long: the whole name shows on hover. */
export function ClassName({ name, most = SHORT }: { readonly name: string; readonly most?: number }) {
  const short = cutMiddle(name, most);
  return short === name ? name : <span title={name}>{short}</span>;
}
