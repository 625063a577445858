import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page, SerializedAXNode } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexesHere, RESULTS_FOLDER, resultsPages } from '../../cli/results-page.ts';
import { renderReport } from '../../report/page.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { HAS_BROWSER, openBrowser } from './browser.ts';
import { optionsOf } from './made-data.ts';
import { evening } from './made-evening.ts';

const UNPACK_MS_MAX = 180_000;
/** All of it takes some 20 s on two idle cores. */
const TEST_MS_MAX = 180_000;
const REPORT_BYTES_MAX = 1_500_000;
const TABS_MAX = 60;
const PHONE = { width: 375, height: 800 };
/** A4 with its margins, at 96 px an inch. */
const PAPER = { width: 690, height: 1000 };
const DESK = { width: 1280, height: 900 };
const UNFOLD = 'for (const one of document.querySelectorAll("details")) one.open = true';
const THEMES = ['light', 'dark'] as const;

const text = resultsPages(indexesHere()).get('report.html')!;
/** Has the tables that the committed results do not have. */
const made = renderReport({ ...optionsOf(evening()), calibration: 'The lab itself adds 1 ms.' });

test('the report is one file of a bearable size, and names nothing that is elsewhere', () => {
  expect(text.length).toBeLessThan(REPORT_BYTES_MAX);
  expect(text).not.toMatch(/<(script|img|iframe|object|embed)[^>]*\bsrc=/);
  expect(text).not.toMatch(/@import|url\(["']?http/);
});

/** All roles in a tree of what a screen reader is told. */
function rolesOf(node: SerializedAXNode | null): string[] {
  return node === null ? [] : [node.role, ...(node.children ?? []).flatMap(rolesOf)];
}

describe.skipIf(!HAS_BROWSER)('the report in a browser', { timeout: TEST_MS_MAX }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let browser: Browser;
  let address: string;
  let madeAddress: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    browser = await openBrowser(folder.path);
    const path = join(folder.path, 'report.html');
    await writeFile(path, text);
    address = pathToFileURL(path).href;
    const madePath = join(folder.path, 'made.html');
    await writeFile(madePath, made);
    madeAddress = pathToFileURL(madePath).href;
  }, UNPACK_MS_MAX);

  afterAll(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  interface Opened extends AsyncDisposable {
    readonly page: Page;
    readonly complaints: readonly string[];
    readonly requests: readonly string[];
  }

  async function open(
    size = DESK,
    theme: (typeof THEMES)[number] = 'light',
    from = address,
  ): Promise<Opened> {
    const page = await browser.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(String(error)));
    page.on('request', (request) => void requests.push(request.url()));
    await page.setViewport(size);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await page.goto(from);
    return { page, complaints, requests, [Symbol.asyncDispose]: () => page.close() };
  }

  const hiddenOf = (page: Page, broker: string) =>
    page.evaluate(
      `[...document.querySelectorAll('[data-broker="${broker}"]')]
        .map((part) => getComputedStyle(part).display === 'none')`,
    ) as Promise<boolean[]>;

  const styleOf = (page: Page, selector: string, style: string) =>
    page.evaluate(
      `getComputedStyle(document.querySelector('${selector}')).${style}`,
    ) as Promise<string>;

  test('says nothing on the console and asks nobody for anything', async () => {
    await using opened = await open();
    expect(opened.complaints).toEqual([]);
    expect(opened.requests.filter((url) => url !== address && url !== 'data:,')).toEqual([]);
  });

  test.each([PHONE, DESK])('fits a width of $width without scrolling sideways', async (size) => {
    await using opened = await open(size);
    const { page } = opened;
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size.width);
    await page.evaluate(UNFOLD);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size.width);
  });

  test('answers on the first screen which queue to take, and why', async () => {
    await using opened = await open();
    const bottom = await opened.page.evaluate(
      "document.querySelector('.answer').getBoundingClientRect().bottom",
    );
    expect(bottom).toBeLessThan(DESK.height);
    const answer = await opened.page.$eval('.answer', (part) => part.textContent ?? '');
    expect(answer).toMatch(/500 likes\/s, each post in order, and none lost in a power cut/);
    expect(answer).toMatch(/Take [\w-]+.*, at tier power|None of those that were measured fits/);
    expect(answer).toMatch(/correct likes\/s; p99|Not /);
  });

  test('begins its tab order with a link to the answer', async () => {
    await using opened = await open();
    await opened.page.keyboard.press('Tab');
    const focused = await opened.page.evaluate('document.activeElement.getAttribute("href")');
    expect(focused).toBe('#main');
  });

  test('hides a queue everywhere, and shows it again, by keyboard alone', async () => {
    await using opened = await open();
    const { page } = opened;
    const broker = (await page.$eval('.filter input', (box) => box.getAttribute('value')))!;
    expect(new Set(await hiddenOf(page, broker))).toEqual(new Set([false]));
    for (let tabs = 0; tabs < TABS_MAX; tabs++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.value')) === broker) break;
    }
    expect(await page.evaluate('document.activeElement.value')).toBe(broker);
    await page.keyboard.press('Space');
    expect(new Set(await hiddenOf(page, broker))).toEqual(new Set([true]));
    expect(await page.$eval('output', (part) => part.textContent)).toBe(`Hidden: ${broker}`);
    expect(await page.$$eval('[data-broker]:not([data-off])', (parts) => parts.length)).not.toBe(0);
    await page.keyboard.press('Space');
    expect(new Set(await hiddenOf(page, broker))).toEqual(new Set([false]));
  });

  test('shows everything, and no filter, where scripts are off', async () => {
    await using opened = await open();
    const { page } = opened;
    await page.setJavaScriptEnabled(false);
    await page.reload();
    expect(await page.$$eval('[data-off]', (parts) => parts.length)).toBe(0);
    expect(await styleOf(page, '.filter', 'display')).toBe('none');
  });

  test.each(THEMES)('has no violation that axe finds, in %s', async (theme) => {
    await using opened = await open(DESK, theme);
    const { page } = opened;
    await page.evaluate(UNFOLD);
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
    const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
    expect(told).toEqual([]);
    expect(found.passes.map(({ id }) => id)).toContain('color-contrast');
  });

  test('has a tree of landmarks, headings and tables for who cannot see it', async () => {
    await using opened = await open();
    const tree = await opened.page.accessibility.snapshot({ interestingOnly: false });
    const roles = new Set(rolesOf(tree));
    for (const role of ['heading', 'table', 'columnheader', 'rowheader', 'figure', 'main']) {
      expect.soft(roles.has(role), role).toBe(true);
    }
    const levels = await opened.page.$$eval('h1,h2,h3,h4', (heads) =>
      heads.map(({ tagName }) => Number(tagName.slice(1))),
    );
    expect(levels.filter((level, place) => level > (levels[place - 1] ?? 0) + 1)).toEqual([]);
  });

  test('is dark on a dark screen, light on a light one and on paper', async () => {
    const pages = await Promise.all(THEMES.map((theme) => open(DESK, theme)));
    const grounds = await Promise.all(
      pages.map(({ page }) => styleOf(page, 'body', 'backgroundColor')),
    );
    expect(grounds).toEqual(['rgb(255, 255, 255)', 'rgb(20, 23, 27)']);
    const [, { page } = pages[0]!] = pages;
    await page.emulateMediaType('print');
    expect(await styleOf(page, 'body', 'backgroundColor')).toBe('rgb(255, 255, 255)');
    await Promise.all(pages.map((opened) => opened[Symbol.asyncDispose]()));
  });

  test('can be printed, with no table wider than the paper', async () => {
    await using opened = await open(PAPER);
    await opened.page.emulateMediaType('print');
    const widths = await opened.page.$$eval('table', (all) => all.map((one) => one.scrollWidth));
    expect(Math.max(...widths)).toBeLessThanOrEqual(PAPER.width);
    const pdf = await opened.page.pdf({ format: 'A4' });
    expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(100_000);
  });

  test('fits phone and paper with the tables of a run of the profile full, and axe', async () => {
    await using opened = await open(PAPER, 'light', madeAddress);
    const { page } = opened;
    await page.emulateMediaType('print');
    await page.evaluate(UNFOLD);
    const widths = await page.$$eval('table', (all) => all.map((one) => one.scrollWidth));
    expect(Math.max(...widths)).toBeLessThanOrEqual(PAPER.width);
    await page.emulateMediaType('screen');
    await page.setViewport(PHONE);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`)).toEqual([]);
  });

  test('has a target for every link into itself, and a file for every other', async () => {
    await using opened = await open();
    const links = await opened.page.$$eval('a', (all) => all.map((a) => a.getAttribute('href')!));
    expect(links.length).toBeGreaterThan(100);
    const ids = new Set(await opened.page.$$eval('[id]', (all) => all.map(({ id }) => id)));
    const inside = links.filter((href) => href.startsWith('#'));
    expect(inside.filter((href) => !ids.has(href.slice(1)))).toEqual([]);
    const outside = links.filter((href) => !href.startsWith('#'));
    expect(outside.filter((href) => !existsSync(join(RESULTS_FOLDER, href)))).toEqual([]);
  });

  test('leads from a point of a chart to its trial, although that is folded away', async () => {
    await using opened = await open();
    const { page } = opened;
    await page.$eval('#chart-latency svg a', (link) => link.scrollIntoView());
    await page.click('#chart-latency svg a');
    await page.waitForFunction('document.querySelector("li:target")?.checkVisibility()');
    const trial = await page.$eval('li:target', (part) => part.textContent ?? '');
    expect(trial).toMatch(/seed \d+, commit \w+/);
    const command = await page.$eval('li:target', (part) => {
      const above = part.closest('ul')?.previousElementSibling;
      return above?.checkVisibility() ? above.textContent : undefined;
    });
    expect(command).toMatch(/npm run lab -- latency --brokers [\w-]+ --tier \w+/);
  });
});
