/** The demo as a whole: one round at a time, what the page asks for, and what the page is shown. */
import { messageOf } from '../lab/lab-error.ts';
import type { Command } from './commands.ts';
import type { CrowdRecord } from './crowd-record.ts';
import type { Way } from './messages.ts';
import { RecentRates } from './recent.ts';
import { Refusal } from './refusal.ts';
import { Round, type RoundParts } from './round.ts';
import type { Facts, LedgerView, Rates, Snapshot, StepName } from './snapshot.ts';
import { compareRows, tellStory } from './story.ts';

export interface Choice {
  readonly way: Way;
  readonly broker: string;
}

export interface StageOptions {
  /** By name; the first one is taken at the start. */
  readonly brokers: readonly { readonly name: string; readonly title: string }[];
  /** Everything for a fresh round; servers that it needs are started. */
  openParts(choice: Choice): Promise<RoundParts>;
  readonly log: (line: string) => void;
}

export const TICK_MS = 250;
/** Crowds that the table shows; of more the oldest go. */
const ROWS_MAX = 6;

const NO_RATES: Rates = {
  attempted: 0,
  accepted: 0,
  turnedAway: 0,
  delivered: 0,
  counted: 0,
  transactions: 0,
};

export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  #choice: Choice;
  #round: Round | undefined;
  #records: CrowdRecord[] = [];
  readonly #done = new Set<StepName>();
  #busy: string | undefined;
  /** What was chosen while something else was under way. */
  #next: Choice | undefined;
  #problem: string | undefined;
  #failed: string | null = null;
  #work: Promise<void> = Promise.resolve();
  readonly #recent = new RecentRates<keyof Rates>();
  #rates = NO_RATES;
  /** Since when accepted likes are not all counted. */
  #behindSinceMs: number | undefined;
  readonly #ticking: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#choice = { way: 'queued', broker: options.brokers[0]!.name };
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Opens the first round. */
  begin(): void {
    this.#open(this.#choice);
  }

  /** Resolves when nothing is being started or ended. */
  get settled(): Promise<void> {
    return this.#work;
  }

  /**
   * Resolves when it is begun; what it leads to is in the snapshots.
   * @throws Refusal for what cannot be done now
   */
  async obey(command: Command): Promise<void> {
    if (command.do === 'choose') return this.#choose(command);
    if (command.do === 'clear') return this.#clear();
    const round = this.#round;
    if (round === undefined || this.#isClosed) throw new Refusal('nothing is running yet');
    switch (command.do) {
      case 'press':
        this.#done.add('press');
        return round.press();
      case 'start-crowd':
        return this.#startCrowd(round, command.likesPerS);
      case 'stop-crowd':
        return round.stopCrowd();
      default:
        return this.#strike(round, command.do);
    }
  }

  snapshot(): Snapshot {
    const { way, broker } = this.#choice;
    const rows = this.#records.map(({ row }) => row);
    const round = this.#round;
    const facts: Facts = {
      busy: this.#busy,
      problem: this.#problem,
      way,
      brokerTitle: this.#titleOf(broker),
      gateway: round?.gateway ?? 'starting',
      broker: round?.broker ?? 'starting',
      worker: round?.worker ?? 'starting',
      crowd: round?.crowd
        ? {
            likesPerS: round.crowd.likesPerS,
            leftS: Math.max(0, (round.crowd.endsMs - performance.now()) / 1_000),
          }
        : null,
      rates: this.#rates,
      ledger: round === undefined ? NO_LEDGER : ledgerOf(round),
      backlog: round === undefined ? 0 : (round.watch.seen.backlog ?? null),
      ageS: this.#ageS(),
      lockWaits: round?.watch.seen.lockWaits ?? 0,
      transactions: round?.sums.transactions ?? 0,
      heldAtKill: round?.heldAtKill ?? null,
      takeoverS: (round?.parts.queue.takeoverMsMax ?? 0) / 1_000,
    };
    return {
      ...facts,
      isReady: round?.gateway === 'up',
      brokers: this.#options.brokers,
      brokerName: broker,
      latency: round?.latencies.percentiles(performance.now()) ?? null,
      failed: this.#failed,
      rows,
      comparison: compareRows(rows),
      story: tellStory(facts),
      done: [...this.#done],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticking);
    await this.#work;
    await this.#round?.[Symbol.asyncDispose]();
    this.#round = undefined;
  }

  #titleOf(name: string): string {
    return this.#options.brokers.find((broker) => broker.name === name)?.title ?? name;
  }

  #startingText({ way, broker }: Choice): string {
    return way === 'direct'
      ? 'Starting a fresh round: gateway and PostgreSQL, without a queue…'
      : `Starting a fresh round: ${this.#titleOf(broker)}, PostgreSQL, gateway and worker…`;
  }

  #choose({ way, broker }: Choice): void {
    if (!this.#options.brokers.some(({ name }) => name === broker)) {
      throw new Refusal(`there is no broker ${broker} here`);
    }
    const choice = { way, broker };
    // Who changes two things one after the other means both: the last wish is kept.
    if (this.#busy !== undefined) this.#next = choice;
    else this.#open(choice);
  }

  #open(choice: Choice): void {
    this.#do(this.#startingText(choice), () => this.#openRound(choice));
    if (choice.way === 'direct') this.#done.add('direct');
  }

  #clear(): void {
    this.#do('Clearing: a fresh post, an empty ledger…', async () => {
      await this.#openRound(this.#choice);
      this.#records = [];
      this.#done.clear();
    });
  }

  #startCrowd(round: Round, likesPerS: number): void {
    if (this.#busy !== undefined) throw new Refusal('wait until what is under way is done');
    this.#records.push(round.startCrowd(likesPerS));
    this.#records = this.#records.slice(-ROWS_MAX);
    this.#done.add(this.#choice.way === 'direct' ? 'direct-crowd' : 'crowd');
  }

  #strike(round: Round, what: Exclude<StepName, 'press' | 'crowd' | 'direct' | 'direct-crowd'>) {
    if (this.#choice.way === 'direct') throw new Refusal('there is no queue on the direct way');
    const [text, strike] = (
      {
        'kill-broker': ['Killing the broker (SIGKILL)…', () => round.killBroker()],
        'start-broker': ['The broker starts and reads its files…', () => round.startBroker()],
        'kill-worker': ['Killing the worker (SIGKILL)…', () => round.killWorker()],
        'start-worker': ['A new worker starts…', () => round.startWorker()],
      } as const
    )[what];
    this.#do(text, async () => {
      await strike();
      this.#done.add(what);
    });
  }

  /** One after the other; a second wish meanwhile is refused. */
  #do(busy: string, work: () => Promise<void>): void {
    if (this.#busy !== undefined) throw new Refusal('wait until what is under way is done');
    this.#busy = busy;
    this.#failed = null;
    this.#problem = undefined;
    this.#work = work().catch((error: unknown) => {
      this.#note(messageOf(error));
      // Where the round goes on, that something could not be done is no problem of the round.
      if (this.#round === undefined) this.#problem = messageOf(error);
    });
    this.#work = this.#work.finally(() => {
      this.#busy = undefined;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined && !this.#isClosed) this.#open(next);
    });
  }

  async #openRound(choice: Choice): Promise<void> {
    const before = this.#round;
    this.#round = undefined;
    this.#choice = choice;
    this.#recent.forget();
    this.#rates = NO_RATES;
    await before?.[Symbol.asyncDispose]();
    const parts = await this.#options.openParts(choice);
    this.#round = await Round.open(parts, (line) => this.#note(line));
  }

  #note(line: string): void {
    this.#failed = line;
    this.#options.log(`error: ${line}`);
  }

  #tick(): void {
    const round = this.#round;
    if (round === undefined) return;
    const { attempted, accepted, refused, unknown, delivered } = round.ledger.sums;
    const turnedAway = refused + unknown;
    const totals = { attempted, accepted, turnedAway, delivered, ...round.sums };
    this.#rates = this.#recent.note(performance.now(), totals);
    const isBehind = totals.counted < accepted && round.judgement === undefined;
    this.#behindSinceMs = isBehind ? (this.#behindSinceMs ?? Date.now()) : undefined;
    // What fails here, such as a database that is busy, is tried again at the next tick.
    round.judge().catch(() => undefined);
  }

  #ageS(): number {
    if (this.#behindSinceMs === undefined) return 0;
    const sinceMs = Math.max(this.#behindSinceMs, this.#round?.newestLikedAtMs ?? 0);
    return Math.max(0, (Date.now() - sinceMs) / 1_000);
  }
}

const NO_LEDGER: LedgerView = {
  attempted: 0,
  accepted: 0,
  refused: 0,
  unknown: 0,
  landedUnknown: null,
  counted: 0,
  onItsWay: 0,
  lost: null,
  countedTwice: null,
  cameAgain: 0,
};

function ledgerOf(round: Round): LedgerView {
  const { attempted, accepted, refused, unknown, cameAgain } = round.ledger.sums;
  const { counted } = round.watch.seen;
  const { judgement } = round;
  return {
    attempted,
    accepted,
    refused,
    unknown,
    landedUnknown: judgement?.landedUnknown ?? null,
    counted,
    onItsWay: judgement === undefined ? Math.max(0, accepted - counted) : 0,
    lost: judgement?.lost ?? null,
    // A like that is stored for nobody's press would be counted too often as well.
    countedTwice: judgement === undefined ? null : judgement.countedTwice + judgement.strangers,
    cameAgain,
  };
}
