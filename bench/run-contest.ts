/** Runs a contest pair by pair; a pair in which a side failed is struck out, the others stay. */
import { messageOf } from '../lab/lab-error.ts';
import { formatNumber } from '../lab/table.ts';
import type { Contest, ContestResult, Sides } from './contest.ts';
import type { Stage } from './stage.ts';

type Pair = ContestResult['pairs'][number];

/** A reason is one line below the table; a worker's last words may be a page. */
const REASON_LENGTH_MAX = 300;

/** Resolves with what is there, however few pairs that is, when the stage's signal is aborted. */
export async function runContest(
  contest: Contest,
  stage: Stage,
  pairs: number,
): Promise<ContestResult> {
  const sized = stage.sized(Math.min(stage.likes, contest.likesMost ?? stage.likes));
  const measured: Pair[] = [];
  const struck: string[] = [];
  for (let index = contest.warmsUp ? -1 : 0; index < pairs; index++) {
    const title = `${contest.name} ${index < 0 ? 'warm-up' : `${index + 1}/${pairs}`}`;
    try {
      stage.log(`${title}: preparing`);
      const sides = await contest.openPair(sized);
      await using _held = sides.held;
      // Ours first, then the opponent first, and so on: a drift of the machine meets both alike.
      const oursFirst = index % 2 === 0;
      const pair = await runPair(sides, oursFirst, (line) => stage.log(`${title}: ${line}`));
      if (index >= 0) measured.push(pair);
    } catch (error) {
      if (stage.signal.aborted) break;
      const reason = reasonOf(error);
      stage.log(`${title}: struck out, ${reason}`);
      if (index >= 0) struck.push(`pair ${index + 1}: ${reason}`);
    }
  }
  return { contest, pairs: measured, struck };
}

async function runPair(
  sides: Sides,
  oursFirst: boolean,
  log: (line: string) => void,
): Promise<Pair> {
  const run = async (who: string, side: () => Promise<number>): Promise<number> => {
    const perS = await side();
    log(`${who} ${formatNumber(perS, 0)}/s`);
    return perS;
  };
  const ours = () => run('ours', () => sides.ours());
  if (sides.bare === undefined) return { ours: await ours() };
  const bare = () => run('bare', () => sides.bare!());
  if (oursFirst) return { ours: await ours(), bare: await bare() };
  const bareFirst = await bare();
  return { ours: await ours(), bare: bareFirst };
}

/** What went wrong first: what failed while clearing up after it is its consequence. */
function reasonOf(error: unknown): string {
  let first = error;
  while (first instanceof SuppressedError) first = first.suppressed;
  const line = messageOf(first).split('\n')[0]!;
  return line.length > REASON_LENGTH_MAX ? `${line.slice(0, REASON_LENGTH_MAX)}…` : line;
}
