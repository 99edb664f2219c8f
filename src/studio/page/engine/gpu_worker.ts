import { type ReportEvent, type ReportOptions, reportGpu } from '../../../bench/report.js';
import { openBrowserAdapter } from '../../../gpu/browser_adapter.js';
import { type Shaders, sourceOf } from './shaders.js';

/** What the page asks for. */
export interface ReportOrder extends ReportOptions {
  readonly shaders: Shaders;
}

/** What the page is told: the last is 'done' or 'failed'. */
export type ReportMessage = ReportEvent | { readonly type: 'done' } | { readonly type: 'failed'; readonly message: string };

const tell = (message: ReportMessage): void => postMessage(message);

/** Makes a report of the browser's adapter apart from the page's thread. */
addEventListener('message', async ({ data: { shaders, ...options } }: MessageEvent<ReportOrder>) => {
  try {
    const open = async (choice: Parameters<Parameters<typeof reportGpu>[0]>[0]) =>
      (await openBrowserAdapter({ shaders: sourceOf(shaders), ...choice })).executor;
    await reportGpu(open, options, tell);
    tell({ type: 'done' });
  } catch (error) {
    tell({ type: 'failed', message: (error as Error).message });
  }
});
