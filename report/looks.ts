/**
 * How a broker looks, the same in every chart: a colour that the colour-blind can tell from the
 * others, and a symbol and a dash for those who see no colour at all.
 */

export interface Look {
  /** Text in this colour has a contrast of 4.5 to 1 or more: light pages, and dark ones. */
  readonly light: string;
  readonly dark: string;
  readonly symbol: 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross' | 'wye';
  readonly dash: string;
}

const LOOKS: Readonly<Record<string, Look>> = {
  kafka: { light: '#0b5cad', dark: '#74b6ff', symbol: 'circle', dash: 'none' },
  'redis-streams': { light: '#b23a00', dark: '#ff9c6e', symbol: 'square', dash: 'none' },
  bullmq: { light: '#00705c', dark: '#4fd6b4', symbol: 'triangle', dash: '6 2' },
  sqs: { light: '#7a5c00', dark: '#e3bd4a', symbol: 'diamond', dash: '2 2' },
  'sqs-fifo': { light: '#8a2f8f', dark: '#e2a1e8', symbol: 'star', dash: '7 2 2 2' },
  direct: { light: '#8c1c3c', dark: '#ff9db5', symbol: 'wye', dash: 'none' },
  null: { light: '#5b6470', dark: '#a9b1bc', symbol: 'cross', dash: '1 3' },
};

/** Of brokers that somebody adds. */
const SPARE: Look = { light: '#33415c', dark: '#c3cfe6', symbol: 'wye', dash: '4 1' };

/** The broker that only passes the same bytes on. */
export const CEILING = 'null';

export const lookOf = (broker: string): Look => LOOKS[broker] ?? SPARE;

/** A CSS variable's use, such as in `stroke`. */
export const inkOf = (broker: string): string => `var(--ink-${broker})`;

/** CSS declarations of the colours of these brokers. */
export function inks(brokers: readonly string[], theme: 'light' | 'dark'): string {
  return brokers.map((broker) => `--ink-${broker}:${lookOf(broker)[theme]};`).join('');
}

/** What charts are drawn with beside the brokers' own colours; `page` is what they stand on. */
export const THEMES = {
  light: '--page:#fff;--text:#1c2127;--quiet:#59626d;--rule:#d9dee4;--wash:#f5f7f9;',
  dark: '--page:#14171b;--text:#e8ebee;--quiet:#a4adb8;--rule:#353c45;--wash:#1d2228;',
} as const;
