/**
 * What a client is told when it gets no like: one sentence in the shape of RFC 9457, a code for
 * programs, and, where it may try again, when. Nothing of the inside goes out.
 */
import { STATUS_CODES } from 'node:http';
import type { ShedReason } from './like-path.ts';

export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  /** One sentence. */
  readonly detail: string;
  /** Of a like that was not accepted: whether it may count all the same. */
  readonly mayHaveBeenStored?: boolean;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

interface ProblemOptions {
  readonly retryAfterS?: number;
  readonly mayHaveBeenStored?: boolean;
  /** Methods that the path takes. */
  readonly allow?: string;
}

/** Thrown by whoever handles a request; the server's error handler answers with it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly options: ProblemOptions;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.options = options;
  }

  get body(): ProblemBody {
    const { mayHaveBeenStored } = this.options;
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(mayHaveBeenStored !== undefined && { mayHaveBeenStored }),
    };
  }

  get headers(): Readonly<Record<string, string>> {
    const { retryAfterS, allow } = this.options;
    return {
      ...(retryAfterS !== undefined && { 'retry-after': String(retryAfterS) }),
      ...(allow !== undefined && { allow }),
    };
  }
}

/** Something that passes by itself is tried again after so long. */
const RETRY_S = 1;
/** A broker that does not answer takes a little longer. */
const RETRY_AWAY_S = 2;

const SHED: Readonly<Record<ShedReason, readonly [string, number]>> = {
  full: ['too many likes wait here', RETRY_S],
  'too-old': ['the like waited here too long', RETRY_S],
  away: ['what stores likes does not answer', RETRY_AWAY_S],
  overloaded: ['this gateway has more to do than it can', RETRY_S],
  draining: ['this gateway is about to end', RETRY_S],
  unkept: ['the number of the like could not be kept for a repeat', RETRY_AWAY_S],
};

/** One of each, since making an error is a good part of what it costs to shed a like. */
const shedProblems = new Map<ShedReason, Problem>();

/** Certainly not stored. */
export function shedProblem(reason: ShedReason): Problem {
  const known = shedProblems.get(reason);
  if (known !== undefined) return known;
  const problem = newShedProblem(reason);
  shedProblems.set(reason, problem);
  return problem;
}

function newShedProblem(reason: ShedReason): Problem {
  const [why, retryAfterS] = SHED[reason];
  const code = `SHED_${reason.replace('-', '_').toUpperCase()}`;
  return new Problem(503, code, `${why}; the like was not stored, send it again`, {
    retryAfterS,
    mayHaveBeenStored: false,
  });
}

export function refusedProblem(): Problem {
  const detail = 'what stores likes refused it; the like was not stored, send it again';
  return new Problem(503, 'REFUSED', detail, {
    retryAfterS: RETRY_AWAY_S,
    mayHaveBeenStored: false,
  });
}

/** `isSafe`: a repeat of the same request cannot count a second time. */
export function unknownProblem(isSafe: boolean): Problem {
  const next = isSafe
    ? 'send the same request again, it counts once'
    : 'look at the count before you send it again, it could count twice';
  const detail = `what stores likes did not answer in time; the like may have been stored, ${next}`;
  return new Problem(503, 'OUTCOME_UNKNOWN', detail, {
    retryAfterS: RETRY_AWAY_S,
    mayHaveBeenStored: true,
  });
}

export function limitedProblem(waitMs: number): Problem {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1_000));
  const detail = `this user likes too fast; the next like may come in ${retryAfterS} s`;
  return new Problem(429, 'USER_LIMITED', detail, { retryAfterS, mayHaveBeenStored: false });
}

export function underWayProblem(leftMs: number): Problem {
  const retryAfterS = Math.max(1, Math.ceil(leftMs / 1_000));
  const detail =
    'a request with this header "Idempotency-Key" is not answered yet; ' +
    `send it again in ${retryAfterS} s for its answer`;
  return new Problem(409, 'KEY_UNDER_WAY', detail, { retryAfterS });
}

export function otherLikeProblem(): Problem {
  const detail =
    'header "Idempotency-Key" was used for another post, action or version of this user; ' +
    'take a new key for a new like';
  return new Problem(422, 'KEY_OF_ANOTHER_LIKE', detail);
}

export function keysAwayProblem(): Problem {
  const detail =
    'the store of idempotency keys does not answer; the like was not stored, send it again';
  return new Problem(503, 'KEYS_AWAY', detail, {
    retryAfterS: RETRY_AWAY_S,
    mayHaveBeenStored: false,
  });
}

export function unreadableProblem(): Problem {
  const detail = 'the counts cannot be read now; ask again';
  return new Problem(503, 'COUNTS_UNREADABLE', detail, { retryAfterS: RETRY_S });
}

/** Whatever was wrong is for the log of the gateway. */
export function insideProblem(): Problem {
  return new Problem(500, 'INSIDE', 'something is wrong in the gateway; it has written down what');
}
