/**
 * A second witness of a trial's rates and of what was in the system, from the same records in a way
 * of its own: sums over blocks, no like by like, so that a mistake of the one is not that of the
 * other. Memory grows with the time and not with the likes.
 */
import { WARM_UP_SHARE } from '../measure-rates.ts';
import { KIND } from '../record-format.ts';
import { Names, type RecordBlock, readMerged } from '../record-reader.ts';
import { type RateWindows, Span, Windows } from './rate-span.ts';

export interface RateWitness {
  readonly name: 'published' | 'counted' | 'sustained';
  /** What belongs into the rate, and the same with all that came in the warm-up. */
  readonly likes: number;
  readonly likesWithWarmUp: number;
  /** Since the first send: where the rate's time begins, and how long it is. */
  readonly fromS: number;
  readonly spanS: number;
  /** The longest time in it in which nothing was acknowledged, or counted. */
  readonly longestGapS: number;
  /** Undefined when the time is too short for them. */
  readonly windows?: RateWindows | undefined;
}

export interface Witness {
  readonly rates: readonly RateWitness[];
  /** Open loop only: likes past the warm-up of the rates, and from the first to the last due. */
  readonly due?: { readonly likes: number; readonly spanS: number } | undefined;
  /** Open loop only: likes due in the measured time and not yet visible, on average over it. */
  readonly inSystem?: { readonly likes: number; readonly duePerS: number; readonly spanS: number };
}

export interface WitnessInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly likes: number;
  /** Whether the consumers were at work while likes were sent. */
  readonly together: boolean;
  /** Open loop only: likes due in this time are not measured. */
  readonly warmUpS?: number | undefined;
}

export function measureWitness(input: WitnessInput): Witness {
  const warmSeqs = Math.floor(input.likes * WARM_UP_SHARE);
  const warmUpUs = (input.warmUpS ?? 0) * 1e6;
  const sends = new SendSums(warmSeqs, warmUpUs);
  const names = new Names();
  for (const block of readMerged(input.producerRecords, names)) sends.add(block);
  if (sends.firstUs === undefined) return { rates: [] };
  const counts = new CountSums(warmSeqs, sends, input.together);
  for (const block of readMerged(input.consumerRecords, names)) counts.add(block);
  const rates = [...sends.rates(), ...counts.rates()];
  if (input.warmUpS === undefined) return { rates };
  const [due, inSystem] = [sends.due(), counts.inSystem()];
  return { rates, ...(due && { due }), ...(inSystem && { inSystem }) };
}

function rateOf(
  name: RateWitness['name'],
  span: Span,
  firstUs: number,
  likes: { likes: number; likesWithWarmUp: number },
  windows: RateWindows | undefined,
): RateWitness[] {
  const { fromUs, toUs, gapUs } = span;
  if (fromUs === undefined || toUs === undefined || toUs <= fromUs || likes.likes === 0) return [];
  const fromS = (fromUs - firstUs) / 1e6;
  const [spanS, longestGapS] = [(toUs - fromUs) / 1e6, gapUs / 1e6];
  return [{ name, ...likes, fromS, spanS, longestGapS, ...(windows && { windows }) }];
}

class SendSums {
  firstUs: number | undefined;
  /** From when on likes are measured in an open loop, and when the last of them was due. */
  measuredFromUs = 0;
  lastDueUs = 0;
  duesMeasured = 0;
  /** Of those, since the measured time began. */
  dueUsSum = 0;
  /** By source, the first of them: what the warm-up left behind is not measured. */
  readonly measuredSeqs = new Map<number, number>();
  readonly warm = new Span();
  /** The same of the likes past the warm-up of the rates. */
  readonly #warmDue = { likes: 0, fromUs: Number.POSITIVE_INFINITY };
  readonly #windows = new Windows();
  readonly #warmSeqs: number;
  readonly #warmUpUs: number;
  readonly #seqsSeen = new Map<number, number>();
  #ok = 0;
  #okWarm = 0;

  constructor(warmSeqs: number, warmUpUs: number) {
    this.#warmSeqs = warmSeqs;
    this.#warmUpUs = warmUpUs;
  }

  add(block: RecordBlock): void {
    if (block.kind === KIND.attempted) this.#attempted(block);
    if (block.kind !== KIND.ok) return;
    this.#ok += block.count;
    const likes = countFrom(block, this.#warmSeqs);
    this.#okWarm += likes;
    this.warm.event(block.timeUs);
    this.#windows.event(block.timeUs, block.count, likes > 0);
  }

  rates(): RateWitness[] {
    const likes = { likes: this.#okWarm, likesWithWarmUp: this.#ok };
    return rateOf('published', this.warm, this.firstUs!, likes, this.#windows.windows());
  }

  due(): Witness['due'] {
    const { likes, fromUs } = this.#warmDue;
    const spanUs = this.lastDueUs - fromUs;
    return likes > 1 && spanUs > 0 ? { likes, spanS: spanUs / 1e6 } : undefined;
  }

  #attempted(block: RecordBlock): void {
    const { seq, lateUs, source } = block;
    if (this.firstUs === undefined) {
      this.firstUs = block.timeUs;
      this.measuredFromUs = block.timeUs - lateUs(0) + this.#warmUpUs;
    }
    // Seqs rise, so that one which does not is a client's retry of a like that was due before.
    let seen = this.#seqsSeen.get(block.source) ?? -1;
    for (let index = 0; index < block.count; index++) {
      if (seq(index) >= this.#warmSeqs) this.warm.begin(block.timeUs);
      if (seq(index) <= seen) continue;
      seen = seq(index);
      const dueUs = block.timeUs - lateUs(index);
      this.lastDueUs = Math.max(this.lastDueUs, dueUs);
      if (seen >= this.#warmSeqs) {
        this.#warmDue.likes++;
        this.#warmDue.fromUs = Math.min(this.#warmDue.fromUs, dueUs);
      }
      if (dueUs < this.measuredFromUs) continue;
      this.duesMeasured++;
      this.dueUsSum += dueUs - this.measuredFromUs;
      if (!this.measuredSeqs.has(source)) this.measuredSeqs.set(source, seen);
    }
    this.#seqsSeen.set(block.source, seen);
  }
}

class CountSums {
  readonly #warmSeqs: number;
  readonly #sends: SendSums;
  readonly #together: boolean;
  readonly #span = new Span();
  readonly #windows = new Windows();
  #all = 0;
  #likes = 0;
  /** For each like, how long before the end of the measured time it was visible. */
  #visibleUsSum = 0;

  constructor(warmSeqs: number, sends: SendSums, together: boolean) {
    this.#warmSeqs = warmSeqs;
    this.#sends = sends;
    this.#together = together;
    if (together && sends.warm.fromUs !== undefined) this.#span.begin(sends.warm.fromUs);
  }

  add(block: RecordBlock): void {
    if (block.kind !== KIND.fresh) return;
    const { timeUs, count } = block;
    const { measuredSeqs, lastDueUs } = this.#sends;
    const measured = countFrom(block, measuredSeqs.get(block.source) ?? Number.POSITIVE_INFINITY);
    this.#visibleUsSum += measured * Math.max(0, lastDueUs - timeUs);
    this.#all += count;
    const likes = this.#together ? countFrom(block, this.#warmSeqs) : count;
    if (this.#together || this.#span.fromUs !== undefined) {
      this.#likes += likes;
      this.#windows.event(timeUs, count, likes > 0);
    } else if (this.#all >= this.#warmSeqs) this.#span.begin(timeUs);
    // Before a backlog's time begins this does nothing.
    this.#span.event(timeUs);
  }

  rates(): RateWitness[] {
    const likes = { likes: this.#likes, likesWithWarmUp: this.#all };
    const name = this.#together ? 'sustained' : 'counted';
    return rateOf(name, this.#span, this.#sends.firstUs!, likes, this.#windows.windows());
  }

  /** The sum of the times in the system of the measured likes in that time, over that time. */
  inSystem(): Witness['inSystem'] {
    const { measuredFromUs, lastDueUs, dueUsSum, duesMeasured } = this.#sends;
    const spanUs = lastDueUs - measuredFromUs;
    if (spanUs <= 0 || duesMeasured === 0) return undefined;
    const likes = (duesMeasured * spanUs - dueUsSum - this.#visibleUsSum) / spanUs;
    return { likes, duePerS: (duesMeasured * 1e6) / spanUs, spanS: spanUs / 1e6 };
  }
}

/** How many likes of a block have a seq from this on. */
function countFrom({ count, seq }: RecordBlock, least: number): number {
  let found = 0;
  for (let index = 0; index < count; index++) if (seq(index) >= least) found++;
  return found;
}
