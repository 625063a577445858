/** Charts are drawn here and not in the reader's browser: a page without scripts shows all. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { formatNumber } from '../lab/table.ts';
import { inks, THEMES } from './looks.ts';

/** A panel fits a phone; wider pages put several side by side. */
export const PANEL_WIDTH = 380;
const FONT_PX = 12;

/** What charts are made of: marks by Observable Plot, with the attributes this page needs. */
export interface Panel {
  /** Stands above it, and names it to a screen reader. */
  readonly title: string;
  /** Of a panel that shows one tier only: the filter hides it as a whole. */
  readonly tier?: string;
  readonly svg: string;
}

export interface Chart {
  /** Of its file, and its anchor in the page. */
  readonly name: string;
  readonly title: string;
  /** How to read it, in a sentence or two. */
  readonly reading: string;
  /** What it shows, in words: for who cannot see it, or has no time to. */
  readonly summary: string;
  readonly panels: readonly Panel[];
}

/** The name of a mark that the filter can hide: of a broker, and of a tier where there is one. */
export function markOf(broker: string, tier?: string): string {
  return tier === undefined ? `of--${broker}` : `of--${broker}--${tier}`;
}

/** Draws without a browser; the same figures always give the same text. */
export function draw(options: Plot.PlotOptions, label: string): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: PANEL_WIDTH,
    style: { fontSize: `${FONT_PX}px` },
    ...options,
  }) as unknown as SvgElement;
  svg.querySelector('style')?.remove();
  for (const name of ['class', 'style', 'font-family']) svg.removeAttribute(name);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('font-size', String(FONT_PX));
  svg.setAttribute('role', 'graphics-document document');
  svg.setAttribute('aria-label', label);
  for (const mark of svg.querySelectorAll('[class^="of--"]')) {
    const [, broker, tier] = mark.getAttribute('class')!.split('--');
    mark.removeAttribute('class');
    mark.setAttribute('data-broker', broker!);
    if (tier !== undefined) mark.setAttribute('data-tier', tier);
  }
  // A point leads to its trial; by keyboard the table below it does, in fewer steps.
  for (const link of svg.querySelectorAll('a')) {
    link.setAttribute('tabindex', '-1');
    link.setAttribute('aria-label', link.querySelector('title')?.textContent ?? 'trial');
  }
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  return withShortNumbers(svg.outerHTML.replaceAll(' fill="inherit"', ''));
}

/** What is used of the DOM, whose types belong to browsers. */
interface SvgElement {
  readonly outerHTML: string;
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
  querySelector(selector: string): SvgElement | null;
  querySelectorAll(selector: string): Iterable<SvgElement>;
}

/** A hundredth of a pixel is enough, and the same on every machine. */
function withShortNumbers(svg: string): string {
  return svg.replaceAll(/(?<=[\s(,"MLHVAa-])(-?\d+\.\d{3,})/g, (text) =>
    String(Number(Number(text).toFixed(2))),
  );
}

const GAP = 16;
const TITLE_PX = 26;
const COLUMNS = 2;

/**
 * All panels of a chart as one picture, for pages that show pictures only: in colours for a light
 * page, on a ground of their own so that a dark page shows them as well.
 */
export function pictureOf(chart: Chart, brokers: readonly string[]): string {
  const columns = Math.min(COLUMNS, chart.panels.length);
  const heights = chart.panels.map(({ svg }) => Number(/ height="([\d.]+)"/.exec(svg)![1]));
  let top = 0;
  const placed = chart.panels.map(({ title, svg }, place) => {
    const column = place % columns;
    const row = Math.floor(place / columns) * columns;
    if (column === 0 && place > 0) {
      top += Math.max(...heights.slice(row - columns, row)) + TITLE_PX + GAP;
    }
    const left = GAP + column * (PANEL_WIDTH + GAP);
    const inner = svg
      .replaceAll(/<\/?a\b[^>]*>/g, '')
      .replace('<svg ', `<svg x="${left}" y="${top + TITLE_PX + GAP}" `);
    const head = `<text x="${left}" y="${top + GAP + FONT_PX}" font-weight="600">${title}</text>`;
    return head + inner;
  });
  const lastRow = Math.floor((chart.panels.length - 1) / columns) * columns;
  const height = top + Math.max(...heights.slice(lastRow)) + TITLE_PX + 2 * GAP;
  const width = columns * (PANEL_WIDTH + GAP) + GAP;
  const picture =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family="system-ui, sans-serif" font-size="${FONT_PX}" ` +
    `fill="var(--text)" color="var(--text)"><title>${chart.title}</title>` +
    `<rect width="${width}" height="${height}" fill="var(--page)"/>${placed.join('')}</svg>\n`;
  return withColours(picture, brokers);
}

/** Not every program that shows a picture knows CSS variables. */
function withColours(picture: string, brokers: readonly string[]): string {
  const declared = `${THEMES.light}${inks(brokers, 'light')}`;
  const values = new Map(declared.split(';').map((one) => one.split(':') as [string, string]));
  return picture.replaceAll(/var\((--[\w-]+)\)/g, (whole, name: string) => {
    return values.get(name) ?? whole;
  });
}

/** Ticks at 1, 10, 100 …, and what lies between where that is too little. */
export function logTicks(least: number, most: number): number[] {
  const from = Math.floor(Math.log10(least));
  const to = Math.ceil(Math.log10(most));
  const decades = Array.from({ length: to - from + 1 }, (_, at) => 10 ** (from + at));
  const steps = most / least > 1_000 ? [1] : [1, 2, 5];
  return decades
    .flatMap((decade) => steps.map((step) => decade * step))
    .filter((tick) => tick >= least * 0.999 && tick <= most * 1.001);
}

/** From 0 in round steps: three to six of them. */
export function linearTicks(most: number): number[] {
  const rough = most / 4;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((one) => one * decade >= rough) ?? 10);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => {
    return Number((at * step).toPrecision(6));
  });
}

/** 100, 2k, 50k, 1M. */
export function shortNumber(value: number): string {
  if (value >= 1e6) return `${formatNumber(value / 1e6, 0)}M`;
  if (value >= 1e3) return `${formatNumber(value / 1e3, 0)}k`;
  return String(Number(value.toPrecision(3)));
}
