/** From spans to the way of each traced like: when it was at which step. */
import type { LikeStep } from '../../likes/like-steps.ts';
import type { SpanLine } from './span-lines.ts';

export interface LikeWay {
  readonly trace: string;
  /** Source and seq as one text, as the messages carry it; undefined where no span tells. */
  readonly id: string | undefined;
  /** On the trial's clock, µs. A step that no span tells of is not there. */
  readonly atUs: Readonly<Partial<Record<LikeStep, number>>>;
}

/** A like that came twice is where it was first. */
export function waysOf(spans: readonly SpanLine[]): LikeWay[] {
  const ways = new Map<
    string,
    { id: string | undefined; atUs: Partial<Record<LikeStep, number>> }
  >();
  for (const span of spans) {
    const way = ways.get(span.trace) ?? { id: undefined, atUs: {} };
    ways.set(span.trace, way);
    const id = span.attributes['messaging.message.id'];
    if (typeof id === 'string') way.id = id;
    for (const [step, us] of stepsIn(span)) {
      if (!(way.atUs[step]! <= us)) way.atUs[step] = us;
    }
  }
  return [...ways].map(([trace, way]) => ({ trace, ...way }));
}

/** Which steps a span tells of: by its kind and its operation, as the conventions name them. */
function stepsIn({ kind, fromUs, toUs, attributes }: SpanLine): [LikeStep, number][] {
  const isHttp = 'http.request.method' in attributes;
  if (isHttp && kind === 'CLIENT') return [['due', fromUs]];
  if (isHttp && kind === 'SERVER') return [['received', fromUs]];
  switch (attributes['messaging.operation.name']) {
    case 'create':
      return [['waiting', fromUs]];
    case 'send':
      return [
        ['sent', fromUs],
        ['acknowledged', toUs],
      ];
    case 'process':
      return [['delivered', fromUs]];
  }
  if (!('db.system.name' in attributes)) return [];
  return [
    ['begun', fromUs],
    ['visible', toUs],
  ];
}
