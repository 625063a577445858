/** What repeats of a trial say of a figure, and how sure of it one may be. */
import { CONFIDENCE, medianInterval } from '../lab/statistics/bootstrap.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';

export interface Figure {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
  /** `interval`: 95 % of the median; `range`: least and most, without a claim. */
  readonly kind: 'single' | 'range' | 'interval';
  readonly values: readonly number[];
}

/** Undefined without any value. */
export function figureOf(values: readonly number[]): Figure | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((one, other) => one - other);
  const interval = medianInterval(sorted);
  const { low, high } = interval ?? { low: sorted[0]!, high: sorted.at(-1)! };
  const kind = interval ? 'interval' : sorted.length > 1 ? 'range' : 'single';
  return { middle: median(sorted), low, high, runs: sorted.length, kind, values: sorted };
}

/** Such as `99,110`, `99,110 (98,000–99,500)` or `99,110 [98,900–99,300]`. */
export function figureText(figure: Figure, digits: number): string {
  const text = (value: number) => formatNumber(value, digits);
  const middle = text(figure.middle);
  if (figure.kind === 'single') return middle;
  const range = `${text(figure.low)}–${text(figure.high)}`;
  return figure.kind === 'interval' ? `${middle} [${range}]` : `${middle} (${range})`;
}

/** In words, for below a chart or a paragraph. */
export function sureness(figures: readonly Figure[]): string {
  const runs = figures.map((figure) => figure.runs);
  const [least, most] = [Math.min(...runs), Math.max(...runs)];
  const confidence = `${CONFIDENCE * 100} %`;
  if (most === 1) return 'Each figure is one run: small differences mean nothing.';
  const many = least === most ? `${most} runs each` : `${least} to ${most} runs each`;
  return figures.every(({ kind }) => kind === 'interval')
    ? `Medians of ${many}, with the ${confidence} interval of the median.`
    : `Medians of ${many}, with the least and the most: small differences mean nothing.`;
}
