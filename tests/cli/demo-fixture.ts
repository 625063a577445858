/** The demo as a user has it: `lab demo` as a process, and its page in a real browser. */
import { setTimeout as sleep } from 'node:timers/promises';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { expect } from 'vitest';
import type { ProcessIdentity } from '../../brokers/servers/local/living.ts';
import type { Snapshot } from '../../demo/snapshot.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { openBrowser } from '../report/browser.ts';
import { LabProcess } from './lab-process.ts';

/** What does not come about within this long does not come about. */
const HOPE_MS_MAX = 60_000;
const POLL_MS = 50;
const TABS_MAX = 40;
export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 375, height: 800 };

export class DemoUnderTest implements AsyncDisposable {
  readonly lab: LabProcess;
  readonly page: Page;
  readonly url: string;
  /** Whatever the browser had to complain about. */
  readonly complaints: string[] = [];
  /** Whom the page has asked for anything. */
  readonly requests: string[] = [];

  readonly #owned: AsyncDisposableStack;

  private constructor(lab: LabProcess, page: Page, url: string, owned: AsyncDisposableStack) {
    this.lab = lab;
    this.page = page;
    this.url = url;
    this.#owned = owned;
    page.on('console', (message) => void this.complaints.push(message.text()));
    page.on('pageerror', (error) => void this.complaints.push(String(error)));
    page.on('request', (request) => void this.requests.push(request.url()));
  }

  /** With a browser of its own. Resolves when a like can be pressed. */
  static async open(brokers: string): Promise<DemoUnderTest> {
    await using owned = new AsyncDisposableStack();
    const folder = owned.use(await temporaryFolder());
    const browser = await openBrowser(folder.path);
    owned.defer(() => browser.close());
    const lab = owned.use(new LabProcess(['demo', '--port', '0', '--brokers', brokers]));
    let said = '';
    lab.child.stdout!.on('data', (text: string) => {
      said += text;
    });
    await lab.says(/the demo is at http:\S+ · Ctrl-C ends it/, 'stdout');
    const page = await browser.newPage();
    owned.defer(() => page.close());
    const url = /http:\S+/.exec(said)![0];
    await page.setViewport(DESK);
    const demo = new DemoUnderTest(lab, page, url, owned.move());
    try {
      await page.goto(url);
      await demo.isSo('it is ready', ({ busy, worker }) => busy === undefined && worker === 'up');
      return demo;
    } catch (error) {
      await demo[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Resolves with the first snapshot of which it is so. */
  async isSo(hope: string, isSo: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    const deadlineMs = performance.now() + HOPE_MS_MAX;
    for (;;) {
      const snapshot = await this.snapshot();
      if (isSo(snapshot)) return snapshot;
      if (performance.now() > deadlineMs) {
        throw new Error(`not so: ${hope}; it is ${JSON.stringify(snapshot)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** What the server tells every page. */
  async snapshot(): Promise<Snapshot> {
    const over = new AbortController();
    const answer = await fetch(`${this.url}/events`, { signal: over.signal });
    let text = '';
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes('\n\n')) break;
    }
    over.abort();
    return JSON.parse(text.slice('data: '.length, text.indexOf('\n\n')));
  }

  /** Resolves when the page shows it. */
  async shows(selector: string, pattern: RegExp): Promise<string> {
    const text = () => this.page.$eval(selector, (part) => part.textContent ?? '');
    await expect.poll(text, { timeout: HOPE_MS_MAX, interval: POLL_MS }).toMatch(pattern);
    return await text();
  }

  /** Clicks on a button once the page shows it with this text, and ready to be pressed. */
  async push(id: string, text: string): Promise<void> {
    const isReady = `(() => {
      const button = document.getElementById('${id}');
      return button.textContent.startsWith('${text}') && button.ariaDisabled !== 'true';
    })()`;
    await this.page.waitForFunction(isReady, { timeout: HOPE_MS_MAX });
    await this.page.click(`#${id}`);
  }

  async likesPerS(rate: number): Promise<void> {
    await this.page.evaluate(
      `document.getElementById('rate').value = ${rate};
      document.getElementById('rate').dispatchEvent(new Event('input'))`,
    );
  }

  /** Goes there by Tab alone. */
  async tabTo(id: string): Promise<void> {
    for (let tabs = 0; tabs < TABS_MAX; tabs++) {
      await this.page.keyboard.press('Tab');
      if ((await this.page.evaluate('document.activeElement.id')) === id) return;
    }
    throw new Error(`no Tab leads to ${id}`);
  }

  /** What axe finds wrong, in light and dark. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    if (!(await this.page.evaluate('typeof axe === "object"')))
      await this.page.evaluate(axe.source);
    for (const theme of ['light', 'dark']) {
      await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
      const { violations } = (await this.page.evaluate(
        "axe.run({ resultTypes: ['violations'] })",
      )) as axe.AxeResults;
      const told = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target }) => `${theme}: ${id} at ${target.join(' ')}`),
      );
      found.push(...told);
    }
    return found;
  }

  /** By how much the page is wider than a phone. */
  async overhang(): Promise<number> {
    await this.page.setViewport(PHONE);
    const width = await this.page.evaluate('document.documentElement.scrollWidth');
    await this.page.setViewport(DESK);
    return Number(width) - PHONE.width;
  }

  /** Servers, gateway, worker and crowd. */
  get processes(): ProcessIdentity[] {
    return this.lab.children;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}
