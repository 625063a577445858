/** What each strike of a fault met and cost, from the records of a trial, in one pass over them. */
import { LikeStates, STATE } from './like-states.ts';
import { KIND } from './record-format.ts';
import { type RecordBlock, readMerged } from './record-reader.ts';

const SECOND_US = 1_000_000;

/** When a fault struck, and from when on its recovery counts; µs on the trial's clock. */
export interface StrikeMoments {
  readonly beganUs: number;
  /** Firsts count from here on: until then clients may still hand out what came before. */
  readonly overUs: number;
}

export interface StrikeMeasures {
  /** Likes acknowledged in the second before. */
  readonly acknowledgedInSecondBefore: number;
  /** Likes sent and not yet answered. */
  readonly inFlight: number;
  /** Likes acknowledged and not yet delivered. */
  readonly backlog: number;
  readonly firstAcknowledgedUs: number | undefined;
  readonly firstDeliveredUs: number | undefined;
}

/** `moments` in the order of time. */
export function measureStrikes(
  moments: readonly StrikeMoments[],
  paths: {
    readonly producerRecords: readonly string[];
    readonly consumerRecords: readonly string[];
  },
): StrikeMeasures[] {
  const watches = moments.map((moment) => new StrikeWatch(moment));
  const sums: Sums = { senders: new Map(), backlog: 0 };
  const likes = new LikeStates();
  let next = 0;
  const strikeUntil = (timeUs: number) => {
    for (; next < watches.length && timeUs > watches[next]!.moment.beganUs; next++) {
      watches[next]!.strike(sums, moments[next - 1]);
    }
  };
  for (const block of readMerged([...paths.producerRecords, ...paths.consumerRecords])) {
    strikeUntil(block.timeUs);
    for (const watch of watches) watch.see(block);
    add(block, sums, likes);
  }
  strikeUntil(Number.POSITIVE_INFINITY);
  return watches.map((watch) => watch.measures);
}

interface Sender {
  inFlight: number;
  lastUs: number;
}

interface Sums {
  /** By the number of their source. */
  readonly senders: Map<number, Sender>;
  backlog: number;
}

/**
 * A sender that was heard of for the last time before the strike before was over was killed by it,
 * and nobody waits any more for what it had sent.
 */
function inFlightOf({ senders }: Sums, before: StrikeMoments | undefined): number {
  const sinceUs = before?.overUs ?? Number.NEGATIVE_INFINITY;
  const living = [...senders.values()].filter(({ lastUs }) => lastUs >= sinceUs);
  return living.reduce((sum, { inFlight }) => sum + inFlight, 0);
}

function addSends({ kind, count, source, timeUs }: RecordBlock, senders: Sums['senders']): void {
  const isBegun = kind === KIND.attempted;
  if (!isBegun && kind !== KIND.ok && kind !== KIND.fail && kind !== KIND.unknown) return;
  const inFlight = (senders.get(source)?.inFlight ?? 0) + (isBegun ? count : -count);
  senders.set(source, { inFlight, lastUs: timeUs });
}

/**
 * The backlog is of likes, not of sums: a queue that knows a like again acknowledges its second
 * send and keeps one, and a like may be delivered twice, or before its acknowledgement.
 */
function add(block: RecordBlock, sums: Sums, likes: LikeStates): void {
  const { kind, count, source, seq } = block;
  addSends(block, sums.senders);
  if (kind !== KIND.ok && kind !== KIND.delivered) return;
  const [own, other] = kind === KIND.ok ? [STATE.ok, STATE.delivered] : [STATE.delivered, STATE.ok];
  for (let index = 0; index < count; index++) {
    const like = seq(index);
    if (likes.mark(source, like, own)) continue;
    const isBoth = likes.has(source, like, other);
    if (kind === KIND.ok && !isBoth) sums.backlog++;
    if (kind === KIND.delivered && isBoth) sums.backlog--;
  }
}

class StrikeWatch {
  readonly moment: StrikeMoments;
  #okInSecond = 0;
  #firstAcknowledgedUs: number | undefined;
  #firstDeliveredUs: number | undefined;
  #inFlight = 0;
  #backlog = 0;

  constructor(moment: StrikeMoments) {
    this.moment = moment;
  }

  strike(sums: Sums, before: StrikeMoments | undefined): void {
    this.#inFlight = inFlightOf(sums, before);
    this.#backlog = sums.backlog;
  }

  see({ kind, count, timeUs }: RecordBlock): void {
    const { beganUs, overUs } = this.moment;
    if (kind === KIND.ok && timeUs <= beganUs && timeUs > beganUs - SECOND_US) {
      this.#okInSecond += count;
    }
    if (timeUs < overUs) return;
    if (kind === KIND.ok) this.#firstAcknowledgedUs ??= timeUs;
    if (kind === KIND.delivered) this.#firstDeliveredUs ??= timeUs;
  }

  get measures(): StrikeMeasures {
    return {
      acknowledgedInSecondBefore: this.#okInSecond,
      inFlight: this.#inFlight,
      backlog: this.#backlog,
      firstAcknowledgedUs: this.#firstAcknowledgedUs,
      firstDeliveredUs: this.#firstDeliveredUs,
    };
  }
}
