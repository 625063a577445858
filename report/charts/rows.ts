/** What charts with a row for each broker share: the rows, and their labels. */
import * as Plot from '@observablehq/plot';
import { draw, markOf, PANEL_WIDTH } from '../drawing.ts';
import { inkOf } from '../looks.ts';

export interface Row {
  readonly label: string;
  /** Undefined where a row is of no broker: then the filter leaves it alone. */
  readonly broker?: string;
  /** Where a panel has rows of several tiers. */
  readonly tier?: string;
}

const LABEL_CHARACTER_PX = 7;
const LABEL_GAP_PX = 8;
const MARGIN_TOP = 8;
const AXIS_PX = 40;

export interface RowsOptions<Of extends Row> {
  readonly rows: readonly Of[];
  readonly rowPx: number;
  readonly x: Plot.ScaleOptions;
  readonly ticks: readonly number[];
  readonly tickFormat: (value: number) => string;
  /** Room for texts that begin where the axis ends. */
  readonly marginRight: number;
  readonly label: string;
  /** Marks of one row; `y` is its label, `className` lets the filter find it. */
  marks(row: Of, className: string | undefined): readonly Plot.Markish[];
}

export function drawRows<Of extends Row>(options: RowsOptions<Of>): string {
  const { rows, rowPx, ticks, x } = options;
  const longest = Math.max(...rows.map(({ label }) => label.length));
  return draw(
    {
      width: PANEL_WIDTH,
      height: MARGIN_TOP + rows.length * rowPx + AXIS_PX,
      marginTop: MARGIN_TOP,
      marginBottom: AXIS_PX,
      marginLeft: longest * LABEL_CHARACTER_PX + LABEL_GAP_PX,
      marginRight: options.marginRight,
      x: { ...x, label: null },
      y: { type: 'band', domain: rows.map(({ label }) => label), padding: 0.25, axis: null },
      marks: [
        Plot.gridX(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX(ticks, {
          ...{ tickFormat: options.tickFormat, tickSize: 0, labelArrow: 'none' },
          ...{ label: String(x.label ?? ''), labelAnchor: 'center', labelOffset: 34 },
        }),
        ...rows.flatMap((row) => {
          const className = row.broker && markOf(row.broker, row.tier);
          return [nameOf(row, className), ...options.marks(row, className)];
        }),
      ],
    },
    options.label,
  );
}

function nameOf({ label, broker }: Row, className: string | undefined): Plot.Markish {
  return Plot.text([label], {
    ...{ y: (text: string) => text, text: (text: string) => text, frameAnchor: 'left' },
    ...{ textAnchor: 'end', dx: -LABEL_GAP_PX, fontWeight: 600, className },
    fill: broker === undefined ? 'currentColor' : inkOf(broker),
  });
}
