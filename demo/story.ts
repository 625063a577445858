/** What happens, in sentences: one for the whole, and one beside each hop. */
import { formatNumber } from '../lab/table.ts';
import type { CrowdRow } from './crowd-record.ts';
import type { Facts, Hop, LedgerView, Story } from './snapshot.ts';

/** Fewer likes than this, or less than so many seconds, are just on their way. */
const BACKLOG_LEAST = 20;
const BEHIND_S_LEAST = 1.5;
/** Below this share of refusals a crowd is served. */
const AWAY_SHARE_LEAST = 0.005;
/** Below this share of answers users wait longer and longer. */
const ANSWERED_SHARE_LEAST = 0.7;
/** Likes of one transaction, from which on it is worth telling. */
const TOGETHER_LEAST = 1.5;

/** It is never killed here, so nobody starts it again either. */
const GATEWAY_DEAD =
  'The gateway has died, and nobody takes a like. What it has acknowledged is counted all the ' +
  'same. Clear all, and a new one starts.';

const number = (value: number) => formatNumber(value, 0);
const likes = (count: number) => `${number(count)} ${count === 1 ? 'like' : 'likes'}`;

export function tellStory(facts: Facts): Story {
  const { busy, problem } = facts;
  const hops = facts.way === 'direct' ? directHops(facts) : queuedHops(facts);
  if (problem !== undefined) return { headline: problem, tone: 'trouble', hops };
  if (busy !== undefined) return { headline: busy, tone: 'calm', hops };
  if (facts.gateway === 'dead') return { headline: GATEWAY_DEAD, tone: 'trouble', hops };
  return { ...(facts.way === 'direct' ? directHeadline(facts) : queuedHeadline(facts)), hops };
}

type Headline = Pick<Story, 'headline' | 'tone'>;

function queuedHeadline(facts: Facts): Headline {
  const { broker, worker, backlog, ledger, crowd, ageS, brokerTitle } = facts;
  if (broker !== 'up') {
    return {
      tone: 'trouble',
      headline:
        `${brokerTitle} is dead. The gateway tells every user so (503) and acknowledges nothing. ` +
        'What it has acknowledged is on the disk: start the broker again and watch it come back.',
    };
  }
  if (worker !== 'up') {
    return {
      tone: 'trouble',
      headline:
        ledger.onItsWay > 0
          ? 'The worker is dead: likes wait in the queue. Users notice nothing but an old count, ' +
            "and nobody's like is lost."
          : 'The worker is dead. Likes that come now will wait in the queue.',
    };
  }
  if (isWaitingForTurn(facts)) {
    return {
      tone: 'calm',
      headline:
        `${likes(backlog ?? ledger.onItsWay)} wait. The queue gives them to the new worker when ` +
        `it is sure that the old one is dead: that takes up to ${number(facts.takeoverS)} seconds.`,
    };
  }
  if (backlog !== null && backlog > BACKLOG_LEAST && ageS > BEHIND_S_LEAST) {
    return {
      tone: 'calm',
      headline:
        'The worker works off what waits, many likes in one transaction: ' +
        `${number(backlog)} to go.`,
    };
  }
  if (crowd !== null) {
    return {
      tone: 'calm',
      headline:
        'The crowd is here. The queue takes each like within moments, and the worker brings many ' +
        'of them to the database at once.',
    };
  }
  return restHeadline(facts);
}

/** What is left to say when nothing happens. */
function restHeadline({ ledger, way, transactions }: Facts): Headline {
  const { lost, countedTwice, cameAgain, accepted, onItsWay } = ledger;
  if (ledger.attempted === 0) {
    const where =
      way === 'direct'
        ? 'Now each like goes directly into the database.'
        : 'Each like goes through a queue on its way into the count.';
    return { tone: 'calm', headline: `${where} Press the button, or call a crowd.` };
  }
  if (lost === null) return { tone: 'calm', headline: `${likes(onItsWay)} on the way.` };
  if (lost > 0 || (countedTwice ?? 0) > 0) {
    return {
      tone: 'trouble',
      headline:
        `Something is wrong: ${number(lost)} lost, ${number(countedTwice ?? 0)} counted twice. ` +
        'This should never happen; please report it.',
    };
  }
  const all = accepted === 1 ? 'The acknowledged like is' : `All ${likes(accepted)} are`;
  const once = `${all} counted, each exactly once. Lost: none.`;
  const sentences = [once, ...cameAgainTold(cameAgain), ...restOf(ledger, transactions)];
  return { tone: 'good', headline: sentences.join(' ') };
}

function cameAgainTold(cameAgain: number): string[] {
  if (cameAgain === 0) return [];
  return [
    `${number(cameAgain)} came to a worker twice, since the queue promises "at least once"; the ` +
      'database knew them, so none counted twice.',
  ];
}

function restOf({ attempted, accepted, cameAgain }: LedgerView, transactions: number): string[] {
  const away = attempted - accepted;
  if (away > 0) {
    const share = formatShare(away / attempted);
    return [`${share} of all presses got no yes: these users would have to press again.`];
  }
  if (cameAgain > 0 || transactions * TOGETHER_LEAST > accepted) return [];
  return [`The database needed ${number(transactions)} transactions for them.`];
}

/** In words what the two newest rows with the same rate say, one of each way. */
export function compareRows(rows: readonly CrowdRow[]): string | null {
  const sound = rows.filter(({ struck, exactAfterMs }) => !struck && exactAfterMs !== null);
  for (const queued of sound.filter(({ way }) => way === 'queued').reverse()) {
    const isSame = ({ way, likesPerS }: CrowdRow) =>
      way === 'direct' && likesPerS === queued.likesPerS;
    const direct = sound.findLast(isSame);
    if (direct === undefined) continue;
    const perLike = [queued, direct].map((row) => formatFew(row.transactionsPerLike ?? 0));
    const away = [queued, direct].map((row) => formatShare(notAccepted(row)));
    return (
      `At ${number(queued.likesPerS)} likes/s: with ${queued.broker} ${perLike[0]} database ` +
      `transactions a like and ${away[0]} of the users sent away; directly ${perLike[1]}, and ` +
      `${away[1]}.`
    );
  }
  return null;
}

function notAccepted({ pressed, refused, unknown }: CrowdRow): number {
  return pressed === 0 ? 0 : (refused + unknown) / pressed;
}

function formatFew(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}

function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return 'under 0.1 %';
  return `${formatNumber(share * 100, share > 0 && share < 0.1 ? 1 : 0)} %`;
}

function directHeadline(facts: Facts): Headline {
  const { crowd, ledger, rates, lockWaits } = facts;
  if (crowd === null) return restHeadline(facts);
  const awayShare = rates.turnedAway / Math.max(1, rates.accepted + rates.turnedAway);
  if (awayShare > AWAY_SHARE_LEAST) {
    return {
      tone: 'trouble',
      headline:
        'The database cannot keep up: every like wants the same row, and they queue up for its ' +
        `lock. The gateway sends ${formatShare(awayShare)} of the users away (503).`,
    };
  }
  if (rates.attempted === 0 || rates.accepted < ANSWERED_SHARE_LEAST * rates.attempted) {
    const headline = 'The crowd is here, and each user waits for a transaction of their own.';
    return { tone: 'calm', headline };
  }
  const inLine = lockWaits > 1 ? ', although they wait in line for one row' : '';
  return {
    tone: 'calm',
    headline:
      `The database keeps up with this crowd${inLine}. ` +
      `As long as it does, the direct way is the simpler one. Counted: ${number(ledger.counted)}.`,
  };
}

/** A worker that is up and gets nothing although likes wait. */
function isWaitingForTurn({ rates, backlog, ageS, worker }: Facts): boolean {
  return worker === 'up' && (backlog ?? 0) > 0 && rates.delivered === 0 && ageS > BEHIND_S_LEAST;
}

function crowdHop({ crowd }: Facts): string {
  if (crowd === null) return 'Each press is the like of another user.';
  return 'Every user presses once, and nobody waits for anybody.';
}

function gatewayHop({ gateway }: Facts, alive: string): string {
  return gateway === 'dead' ? 'Has died. Connections to it are refused.' : alive;
}

function queuedHops(facts: Facts): Record<Hop, string> {
  const { broker, worker, rates, heldAtKill, brokerTitle } = facts;
  const together = rates.transactions > 0 ? rates.counted / rates.transactions : 0;
  const gateway =
    broker === 'up'
      ? 'Checks each like and limits each user. Says yes (202) when the queue has written it down.'
      : 'Says "not now" (503) to everybody: it promises nothing that it cannot keep.';
  const queue = {
    up: 'Keeps each like until a worker says that it is counted.',
    dead: 'Killed (SIGKILL). What it acknowledged is in its files.',
    starting: 'Reads its files again…',
  }[broker];
  const held = heldAtKill === null ? '' : ` after it stored ${likes(heldAtKill)} and`;
  return {
    crowd: crowdHop(facts),
    gateway: gatewayHop(facts, gateway),
    queue,
    worker: workerHop(facts, held, brokerTitle),
    database:
      worker === 'up' && together > TOGETHER_LEAST
        ? `One transaction brings ${formatNumber(together, 0)} likes.`
        : 'Knows each user’s last press, so a like that comes twice counts once.',
  };
}

function workerHop(facts: Facts, held: string, brokerTitle: string): string {
  const { worker, broker } = facts;
  if (worker === 'dead') {
    return held === ''
      ? 'Killed (SIGKILL).'
      : `Killed (SIGKILL)${held} before it could tell the queue: they will come again.`;
  }
  if (worker === 'starting') return 'A new process starts…';
  if (broker !== 'up') return `Asks for ${brokerTitle} again and again.`;
  if (isWaitingForTurn(facts)) return 'Waits until the queue has given the old one up.';
  return 'Takes what is there, writes it in one transaction, then tells the queue.';
}

function directHops(facts: Facts): Record<Hop, string> {
  const { lockWaits } = facts;
  return {
    crowd: crowdHop(facts),
    gateway: gatewayHop(
      facts,
      'Checks and limits as before. Says yes (202) when the database has committed.',
    ),
    queue: 'Not on this way: nothing stands between the users and the database.',
    worker: 'Not on this way: each request writes for itself.',
    database:
      lockWaits > 1
        ? `One transaction a like. ${number(lockWaits)} wait for the lock of the post’s row.`
        : 'One transaction a like, each with a write to the disk.',
  };
}
