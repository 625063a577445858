/**
 * The rows of services that the lab runs an emulator of. What decides is the service's own
 * documentation; what was measured on the emulator stands beside it and decides nothing.
 */
import { formatNumber } from '../lab/table.ts';
import {
  type Candidate,
  type Cell,
  type Located,
  type Needs,
  no,
  type Requirement,
  yes,
} from './choose-cell.ts';
import { orderCell, survivalCell } from './choose-counts.ts';
import type { ServiceFacts } from './choose-facts.ts';
import { latencyCell, rateCell } from './choose-speed.ts';

type Cells = Readonly<Record<Exclude<Requirement, 're-reading'>, Cell>>;

/** `own`: of this broker, on the emulator or on the service itself. */
export function serviceCells(
  candidate: Candidate,
  facts: ServiceFacts,
  own: readonly Located[],
  needs: Needs,
): Cells {
  const onService = own.filter(({ result }) => result.promises && !result.promises.emulates);
  const onEmulator = own.filter(({ result }) => result.promises?.emulates !== undefined);
  const { order, survival, rate } = facts;
  const beside = (cell: Cell, measured: Cell): Cell => {
    const isTold = measured.state !== 'unknown' && measured.source !== 'your answer';
    const words = isTold ? `; on ${facts.emulator}, an emulator: ${measured.reason}` : '';
    return { ...cell, reason: `documented, not measured: ${cell.reason}${words}` };
  };
  return {
    rate: beside(
      (rate.likesPerSMax ?? Number.POSITIVE_INFINITY) >= needs.likesPerS
        ? yes(rate.text, rate.source)
        : no(rate.text, rate.source),
      rateCell(candidate, onEmulator, needs),
    ),
    p99: latencyOf(candidate, facts, { onService, onEmulator }, needs),
    order: needs.ordered
      ? beside(
          order.isPerPost ? yes(order.text, order.source) : no(order.text, order.source),
          orderCell(candidate, onEmulator, needs),
        )
      : yes('no order is asked for', 'your answer'),
    survival:
      needs.survive === 'none'
        ? yes('nothing has to survive', 'your answer')
        : beside(yes(survival.text, survival.source), survivalCell(candidate, onEmulator, needs)),
  };
}

/** Nobody documents a latency: only trials against the service itself can tell it. */
function latencyOf(
  candidate: Candidate,
  { name, emulator }: ServiceFacts,
  { onService, onEmulator }: Readonly<Record<'onService' | 'onEmulator', readonly Located[]>>,
  needs: Needs,
): Cell {
  const measured = latencyCell(candidate, onService, needs);
  if (measured.state !== 'unknown') return measured;
  const emulated = latencyCell(candidate, onEmulator, needs);
  const words =
    emulated.state === 'unknown' ? '' : `; on ${emulator}, an emulator: ${emulated.reason}`;
  const offered = formatNumber(needs.likesPerS, 0);
  return {
    state: 'unknown',
    reason: `${name} itself was not measured at ${offered}/s${words}`,
    source: `npm run capacity-curve -- --runtime external --brokers ${candidate.broker}`,
  };
}
