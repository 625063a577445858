/** `POST /likes`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CountingRule } from '../store/count-store.ts';
import type { AcceptLike, Answer } from './accept-like.ts';
import type { LikeNumber, NewLike } from './like-path.ts';
import type { GatewayMetrics } from './metrics.ts';
import {
  keysAwayProblem,
  limitedProblem,
  otherLikeProblem,
  type Problem,
  refusedProblem,
  shedProblem,
  underWayProblem,
  unknownProblem,
} from './problems.ts';
import type { RequestTrace, RequestTracer } from './request-trace.ts';
import { acceptedSchema, keySchema, likeSchema, problemSchemas } from './schemas.ts';

export interface LikeRoutesOptions {
  readonly accept: AcceptLike;
  readonly rule: CountingRule;
  /** Whether a repeat of a request whose outcome is unknown counts once. */
  readonly repeatsCountOnce: boolean;
  readonly metrics: GatewayMetrics;
  readonly loopDelay: { readonly lastingMs: number };
  readonly loopDelayMsMax: number;
  readonly tracer?: RequestTracer | undefined;
}

type Body = Omit<NewLike, 'likedAtMs'> & Partial<Pick<NewLike, 'likedAtMs'>>;

const KEY_HEADER = 'idempotency-key';

export function addLikeRoutes(app: FastifyInstance, options: LikeRoutesOptions): void {
  const { accept, metrics, loopDelay, loopDelayMsMax, tracer } = options;
  /** Of requests that are told of; none where nobody traces. */
  const traces = new WeakMap<FastifyRequest, RequestTrace>();
  /** Requests that got an answer about a like; all others held none. */
  const answered = new WeakSet<FastifyRequest>();
  const answerWith = (request: FastifyRequest, answer: Answer): LikeNumber => {
    answered.add(request);
    metrics.answered(answer);
    if (answer.kind === 'accepted' || answer.kind === 'answered') return answer.number;
    throw problemOf(answer, options.repeatsCountOnce);
  };

  app.post<{ Body: Body }>('/likes', {
    schema: {
      summary: 'Give a like, or take it back',
      description:
        'Answers 202 when the like is stored for certain. After any other answer it may be sent ' +
        'again; `mayHaveBeenStored` tells whether it may count already.',
      tags: ['likes'],
      body: likeSchema,
      headers: keySchema(options.rule === 'tally'),
      response: { 202: acceptedSchema, ...problemSchemas(meaningsOf(options.rule)) },
    },
    onRequest: async (request) => {
      metrics.offered();
      const trace = tracer?.received(request.headers);
      if (trace !== undefined) traces.set(request, trace);
      // Before the body is read and checked, which is most of the work.
      if (loopDelay.lastingMs <= loopDelayMsMax) return;
      answerWith(request, { kind: 'shed', reason: 'overloaded' });
    },
    handler: async (request, reply: FastifyReply) => {
      const { body, headers } = request;
      const like: NewLike = { ...body, likedAtMs: body.likedAtMs ?? Date.now() };
      const trace = tracer && traces.get(request);
      const answer = await accept(like, headers[KEY_HEADER] as string, trace);
      const number = answerWith(request, answer);
      return reply.code(202).send(number);
    },
    onResponse: async (request, reply) => {
      if (!answered.has(request)) metrics.invalid();
      if (tracer !== undefined) traces.get(request)?.answered(reply.statusCode);
    },
  });
}

type NotAccepted = Exclude<Answer, { readonly number: LikeNumber }>;

function problemOf(answer: NotAccepted, repeatsCountOnce: boolean): Problem {
  switch (answer.kind) {
    case 'shed':
      return shedProblem(answer.reason);
    case 'refused':
      return refusedProblem();
    case 'unknown':
      return unknownProblem(repeatsCountOnce);
    case 'limited':
      return limitedProblem(answer.waitMs);
    case 'under-way':
      return underWayProblem(answer.leftMs);
    case 'other-like':
      return otherLikeProblem();
    case 'keys-away':
      return keysAwayProblem();
  }
}

function meaningsOf(rule: CountingRule): Record<number, string> {
  const always = {
    400: 'The request is wrong; the sentence says where.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    429: 'This user likes too fast. Retry-After says when the next one may come.',
    503: 'Not accepted now. Retry-After says when to try again.',
  };
  if (rule === 'states') return always;
  return {
    ...always,
    409: 'A request with this key is not answered yet.',
    422: 'The key was used for another like.',
  };
}
