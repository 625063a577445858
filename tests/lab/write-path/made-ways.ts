/** Likes on a way whose every hop takes a drawn time: their spans, their counts, their whole. */

import { FlowCounter, type FlowFile } from '../../../lab/write-path/flow-counter.ts';
import type { WritePathInput } from '../../../lab/write-path/measure-write-path.ts';
import type { SpanLine } from '../../../lab/write-path/span-lines.ts';
import { LIKE_STEPS, type LikeStep } from '../../../likes/like-steps.ts';
import { Random } from '../../../likes/workloads/random.ts';

export interface MadeWay {
  readonly id: string;
  readonly atUs: Readonly<Record<LikeStep, number>>;
}

export interface MadeOptions {
  readonly likes?: number;
  readonly likesPerS?: number;
  readonly every?: number;
  /** Mean of each hop, µs; times are drawn exponentially around it. */
  readonly meanUs?: readonly number[];
  readonly seed?: number;
  /** When a like is at a step that it would else have been at then; the same unless told. */
  readonly held?: (us: number) => number;
}

const MEANS_US = [900, 80, 4_000, 700, 1_500, 60, 2_500];

export function madeWays(options: MadeOptions = {}): MadeWay[] {
  const { likes = 4_000, likesPerS = 500, meanUs = MEANS_US, seed = 1 } = options;
  const { held = (us) => us } = options;
  const random = Random.seeded(seed, 1);
  return Array.from({ length: likes }, (_, place): MadeWay => {
    let us = 1_000_000 + (place * 1e6) / likesPerS;
    const times = LIKE_STEPS.map((step, hop) => {
      if (hop > 0) us = held(us - Math.log(1 - random.nextUnit()) * meanUs[hop - 1]!);
      return [step, us] as const;
    });
    return { id: `gateway.${place}`, atUs: Object.fromEntries(times) as MadeWay['atUs'] };
  });
}

export function countsOf(ways: readonly MadeWay[], times: (step: LikeStep) => number = () => 1) {
  const flow = new FlowCounter({ nowUs: () => 0 });
  for (const { atUs } of ways) {
    for (const step of LIKE_STEPS) {
      for (let time = 0; time < times(step); time++) flow.count(step, 1, atUs[step]);
    }
  }
  return flow.file();
}

/** Six spans a like, as tracing/ makes them. */
export function spansOf({ id, atUs }: MadeWay, place: number): SpanLine[] {
  const trace = place.toString(16).padStart(32, '0');
  const http = { 'http.request.method': 'POST' };
  const message = (name: string) => ({
    'messaging.operation.name': name,
    'messaging.message.id': id,
  });
  const spans: [string, SpanLine['kind'], LikeStep, LikeStep, Record<string, unknown>][] = [
    ['POST /likes', 'CLIENT', 'due', 'acknowledged', http],
    ['POST /likes', 'SERVER', 'received', 'acknowledged', http],
    ['create likes', 'PRODUCER', 'waiting', 'sent', message('create')],
    ['send likes', 'CLIENT', 'sent', 'acknowledged', message('send')],
    ['process likes', 'CONSUMER', 'delivered', 'visible', message('process')],
    ['BATCH counts', 'CLIENT', 'begun', 'visible', { 'db.system.name': 'sqlite' }],
  ];
  return spans.map(([name, kind, from, to, attributes], index) => ({
    ...{ trace, span: index.toString(16).padStart(16, '0'), name, kind, attributes, links: [] },
    ...{ fromUs: atUs[from], toUs: atUs[to] },
  }));
}

export function madeInput(options: MadeOptions = {}): WritePathInput & { flows: FlowFile[] } {
  const { every = 1 } = options;
  const ways = madeWays(options);
  const wholes = new Map(ways.map(({ id, atUs }) => [id, atUs.visible - atUs.due]));
  return {
    ...{ kind: 'queued', every, warmUpS: 1, accepted: ways.length, offered: ways.length },
    spans: ways.flatMap((way, place) => (place % every === 0 ? spansOf(way, place) : [])),
    flows: [countsOf(ways)],
    wholeUs: (id) => wholes.get(id),
  };
}
