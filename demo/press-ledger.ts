/**
 * What became of every press of one round. Each press is the like of a user of its own, numbered
 * from 0, so the ledger is a byte a press, and what the store holds is compared press by press: a
 * lost like and one that landed after an uncertain answer cannot cancel each other.
 */

/** What the gateway answered. `refused` is certain: not stored. `unknown` is anybody's guess. */
export const OUTCOMES = ['accepted', 'refused', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Presses of one round at most; a byte each. */
export const PRESSES_MAX = 2_000_000;
const BYTES_AT_FIRST = 4_096;

const SENT = 1;
const DELIVERED = 2;
const ANSWERED: Readonly<Record<Outcome, number>> = { accepted: 4, refused: 8, unknown: 16 };
const ANY_ANSWER = ANSWERED.accepted | ANSWERED.refused | ANSWERED.unknown;

export interface LedgerSums {
  /** Requests sent to the gateway. */
  readonly attempted: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  /** Likes that were given to a worker, each time they were. */
  readonly delivered: number;
  /** Of these, the ones that had been given to a worker before. */
  readonly cameAgain: number;
}

/** Presses against what the store holds. All but `landedUnknown` have to be 0. */
export interface Judgement {
  /** Accepted, and not stored. */
  readonly lost: number;
  /** The count of the post beyond the likes that are stored. */
  readonly countedTwice: number;
  /** The answer was uncertain, and it is stored. */
  readonly landedUnknown: number;
  /** Refused for certain, yet stored; or stored, and nobody pressed. */
  readonly strangers: number;
}

export class PressLedger {
  #marks = new Uint8Array(BYTES_AT_FIRST);
  #reserved = 0;
  #sums = { attempted: 0, accepted: 0, refused: 0, unknown: 0, delivered: 0, cameAgain: 0 };

  get sums(): LedgerSums {
    return this.#sums;
  }

  /** Requests without an answer yet. */
  get open(): number {
    const { attempted, accepted, refused, unknown } = this.#sums;
    return attempted - accepted - refused - unknown;
  }

  /** Numbers for so many presses, from the one returned on; undefined when the ledger is full. */
  reserve(presses: number): number | undefined {
    if (this.#reserved + presses > PRESSES_MAX) return undefined;
    const first = this.#reserved;
    this.#reserved += presses;
    let size = this.#marks.length;
    while (size < this.#reserved) size *= 2;
    if (size > this.#marks.length) {
      const larger = new Uint8Array(size);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    return first;
  }

  sent(user: number): void {
    if (this.#has(user, SENT)) return;
    this.#marks[user]! |= SENT;
    this.#sums.attempted++;
  }

  /** The first answer of a press is its answer. */
  answered(user: number, outcome: Outcome): void {
    this.sent(user);
    if (this.#has(user, ANY_ANSWER)) return;
    this.#marks[user]! |= ANSWERED[outcome];
    this.#sums[outcome]++;
  }

  delivered(user: number): void {
    this.#sums.delivered++;
    if (this.#has(user, DELIVERED)) this.#sums.cameAgain++;
    else this.#marks[user]! |= DELIVERED;
  }

  /**
   * `stored`: whose likes the store holds, each once. `count`: what it shows as the post's count.
   * Only when nothing is on its way is what is missing lost.
   */
  judge(stored: Iterable<number>, count: number): Judgement {
    let [found, acceptedFound, landedUnknown, strangers] = [0, 0, 0, 0];
    for (const user of stored) {
      found++;
      if (this.#has(user, ANSWERED.accepted)) acceptedFound++;
      else if (this.#has(user, ANSWERED.unknown)) landedUnknown++;
      else strangers++;
    }
    return {
      lost: this.#sums.accepted - acceptedFound,
      countedTwice: Math.max(0, count - found),
      landedUnknown,
      strangers,
    };
  }

  #has(user: number, mark: number): boolean {
    return ((this.#marks[user] ?? 0) & mark) !== 0;
  }
}

/** The name of a user at the gateway, and back. */
export const userName = (user: number) => `u-${user}`;

export function userOf(name: string): number {
  const [, digits] = /^u-(\d{1,8})$/.exec(name) ?? [];
  return digits === undefined ? Number.NaN : Number(digits);
}
