import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/node/paths.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { StaticServer } from './helpers/static_server.js';

if (noChromium) console.log(`not run: what people do in the site; ${noChromium}`);

const SITE = join(packageRoot, 'dist', 'site');

/** Without WebGPU: what is looked at here is what the page does, and the reference is there at once. */
describe.skipIf(noChromium)('in the site', () => {
  let server: StaticServer;
  let browser: Browser;
  let address: string;
  let context: BrowserContext;
  let page: Page;
  /** What went wrong in a page. */
  const errors: string[] = [];

  beforeAll(async () => {
    server = new StaticServer(SITE, '/some/where/');
    address = await server.start();
    browser = await openChromium({ webgpu: false });
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await openPage('home');
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
  });

  async function openPage(view: string): Promise<Page> {
    const opened = await context.newPage();
    opened.setDefaultTimeout(30_000);
    opened.on('pageerror', error => errors.push(error.message));
    await opened.goto(`${address}#/${view}`);
    return opened;
  }

  const visit = (view: string): Promise<void> =>
    page.evaluate(hash => {
      location.hash = hash;
    }, `#/${view}`);

  /** Drops a file onto the page; whether the page takes it, or leaves it to the browser, which then goes to it. */
  const drop = (name: string, bytes: Uint8Array): Promise<boolean> =>
    page.evaluate(
      ([called, base64]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(atob(base64!), character => character.charCodeAt(0))], called!));
        const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event);
        return event.defaultPrevented;
      },
      [name, Buffer.from(bytes).toString('base64')],
    );

  const alert = (text: RegExp): Locator => page.getByRole('alert').filter({ hasText: text });
  const face = (name: string): Promise<Buffer> => readFile(join(packageRoot, 'data', 'faces', name));

  test("a picture that is dropped on the first page is what the network looks at there, and the way back leads to the site's own", async () => {
    await page.getByText('picture 1 of 12').waitFor();
    expect(await drop('mine.png', await face('without_mask/1.png'))).toBe(true);
    await page.locator('.class-bar, .glance').getByText('without_mask').first().waitFor();
    await page.getByRole('button', { name: 'Back to the pictures' }).click();
    await page.getByText('picture 1 of 12').waitFor();
  });

  test('a file that is no picture is said to be none, and what to do with one of a phone', async () => {
    await drop('note.txt', Buffer.from('Hello.'));
    await alert(/this browser cannot read it as a picture: give a PNG, JPEG/).waitFor();
    await drop('phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'));
    await alert(/it is a HEIC, which this browser does not read: save it as a JPEG/).waitFor();
    await drop('cut.png', (await face('without_mask/1.png')).subarray(0, 9000));
    await alert(/it is a PNG, and damaged, cut short or too large/).waitFor();
    await drop('cut.safetensors', (await readFile(join(packageRoot, 'data', 'lesson.safetensors'))).subarray(0, 5000));
    await alert(/models\/cut\.safetensors is not a safetensors file/).waitFor();
    await page.getByRole('button', { name: 'Back to the pictures' }).click();
  });

  test('a picture from the camera is looked at', async () => {
    await visit('network');
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByRole('combobox', { name: 'Pictures from' }).getByText('camera').waitFor({ state: 'attached' });
    await page.getByText(/Computed by the CPU reference/).waitFor();
  });

  test('a network that was built there is trained beside the last run, and both are compared', async () => {
    const second = await openPage('build');
    await visit('build');
    const begin = async (of: Page, filters: string): Promise<void> => {
      await of.getByLabel('filters of layer 0').fill(filters);
      await of.getByLabel('Epochs').fill('1');
      await of.getByRole('button', { name: 'Train and compare with the last run' }).click();
      await of.getByRole('heading', { name: 'Training' }).waitFor();
    };
    // Both were proposed the same folder, and the second gets another.
    await begin(page, '4');
    await page.getByText(/Running/).waitFor();
    await begin(second, '2');
    for (const each of [page, second]) await each.getByText('Finished').waitFor({ timeout: 60_000 });
    await second.reload();
    for (const name of ['studio-1', 'studio-2']) await second.getByRole('checkbox', { name }).waitFor();
    await second.close();
  });

  test('a worker that the browser ends is missed, and its run is said to have failed', async () => {
    await visit('home');
    await page.getByRole('button', { name: /Train on sample faces/ }).click();
    await page.getByText(/Epoch \d/).waitFor();
    // As the browser does where memory is short, it goes without a word.
    const worker = page.workers().find(each => /worker-/.test(each.url()))!;
    await worker.evaluate(() => (globalThis as unknown as { close(): void }).close()).catch(() => {});
    await alert(/was ended by the browser\. Reload the page/).waitFor();
    await page.getByText('It failed: its worker was ended').waitFor();
  });

  test('where the browser has no room, it says so and what to do', async () => {
    const full = await browser.newContext();
    const crowded = await full.newPage();
    await crowded.goto(address);
    await crowded.getByText('picture 1 of 12').waitFor();
    const devtools = await full.newCDPSession(crowded);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(address).origin, quotaSize: 1 });
    await crowded.getByRole('button', { name: /Train on sample faces/ }).click();
    await crowded.getByText(/network\.json: the browser gives this site no more room\. Download what you want to keep/).waitFor();
    await crowded.reload();
    await crowded.getByText(/This browser keeps no files for this page/).waitFor();
    await full.close();
  });

  test('opened as a file, it says what to do', async () => {
    const file = await browser.newPage();
    await file.goto(pathToFileURL(join(SITE, 'index.html')).href);
    await file.getByText(/from a web server alone, and it was opened as a file/).waitFor();
    await file.close();
  });

  test('without errors', () => {
    expect(errors).toEqual([]);
  });
});
