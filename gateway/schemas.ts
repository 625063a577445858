/**
 * What requests and answers look like: fastify checks by these, and makes the OpenAPI page of them.
 */

/** In Unicode characters: at most 256 of what likes/like.ts allows 256 of. */
const NAME_CHARACTERS_MAX = 128;
export const TOP_MAX = 1_000;
const TOP_DEFAULT = 20;
const KEY_CHARACTERS_MAX = 128;

const WHOLE_MAX = Number.MAX_SAFE_INTEGER;
const NAME_ALLOWED =
  `a text of 1 to ${NAME_CHARACTERS_MAX} characters, without control characters ` +
  'and halves of surrogate pairs';

/** By the name of the field; in error messages and on the OpenAPI page. */
export const ALLOWED: Readonly<Record<string, string>> = {
  user: NAME_ALLOWED,
  post: NAME_ALLOWED,
  id: NAME_ALLOWED,
  action: '"like" or "unlike"',
  version: 'a whole number from 1 to 2^53 - 1',
  likedAtMs: 'a whole number from 0 to 2^53 - 1',
  limit: `a whole number from 1 to ${TOP_MAX}`,
  'idempotency-key': `1 to ${KEY_CHARACTERS_MAX} printable ASCII characters`,
};

const name = {
  type: 'string',
  minLength: 1,
  maxLength: NAME_CHARACTERS_MAX,
  // Two halves of surrogate pairs would be stored as the same character, so as one user or post.
  pattern: '^[^\\p{Cc}\\p{Cs}]*$',
};

const described = (field: string, meaning: string, schema: object) => {
  return { ...schema, description: `${meaning} Allowed is ${ALLOWED[field]}.` };
};

export const likeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['user', 'post', 'action', 'version'],
  properties: {
    user: described('user', 'Who likes.', name),
    post: described('post', 'What is liked.', name),
    action: described('action', 'Which of the two.', { type: 'string', enum: ['like', 'unlike'] }),
    version: described(
      'version',
      "The user's own running number of actions on this post: the larger one is the later, " +
        'whichever arrives first.',
      { type: 'integer', minimum: 1, maximum: WHOLE_MAX },
    ),
    likedAtMs: described('likedAtMs', 'When it was pressed, in ms since 1970; now, unless told.', {
      type: 'integer',
      minimum: 0,
      maximum: WHOLE_MAX,
    }),
  },
  examples: [{ user: 'u-17', post: 'p-4', action: 'like', version: 1 }],
} as const;

export const LIKE_FIELDS = Object.keys(likeSchema.properties);

/** Header lines that are not named here are the client's own affair. */
export function keySchema(isRequired: boolean) {
  const use = isRequired
    ? 'The same key is the same like: it counts once, and a repeat gets the first answer.'
    : 'Taken and not needed: user, post and version tell a repeat.';
  return {
    type: 'object',
    required: isRequired ? ['idempotency-key'] : [],
    properties: {
      'idempotency-key': described('idempotency-key', use, {
        type: 'string',
        pattern: `^[ -~]{1,${KEY_CHARACTERS_MAX}}$`,
      }),
    },
  };
}

export const postSchema = {
  type: 'object',
  required: ['id'],
  properties: { id: described('id', 'The post.', name) },
} as const;

export const topSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: described('limit', 'How many posts.', {
      type: 'integer',
      minimum: 1,
      maximum: TOP_MAX,
      default: TOP_DEFAULT,
    }),
  },
} as const;

const whole = { type: 'integer', minimum: 0 };

export const acceptedSchema = {
  description: 'Stored for certain, and counted soon.',
  type: 'object',
  required: ['source', 'seq'],
  properties: {
    source: { type: 'string', description: 'Who numbered the like: one life of one gateway.' },
    seq: { ...whole, description: 'Its running number there.' },
  },
} as const;

const count = {
  post: { type: 'string' },
  count: { type: 'integer', description: 'Likes less unlikes.' },
  likes: whole,
  unlikes: whole,
};

const freshness = {
  ageMs: {
    type: 'number',
    description: 'So long ago it was so. What was accepted before and is not in it is missing.',
  },
  missingAtMost: {
    type: ['integer', 'null'],
    description:
      'Likes of all posts that were accepted by then and may not be counted; null: the server ' +
      'of the queue does not say.',
  },
};

export const countSchema = {
  description: 'The count of a post, with what it is worth.',
  type: 'object',
  required: ['post', 'count', 'likes', 'unlikes', 'ageMs', 'missingAtMost'],
  properties: { ...count, ...freshness },
} as const;

export const topAnswerSchema = {
  description: 'The posts with the largest counts.',
  type: 'object',
  required: ['posts', 'ageMs', 'missingAtMost'],
  properties: {
    posts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['post', 'count', 'likes', 'unlikes'],
        properties: count,
      },
    },
    ...freshness,
  },
} as const;

export const aliveSchema = {
  description: 'The process is alive.',
  type: 'object',
  required: ['alive'],
  properties: { alive: { type: 'boolean' } },
} as const;

/** The same for ready and not ready: which system answers and which does not. */
export const readySchema = {
  description: 'Whether likes can be taken now, and by whom they cannot.',
  type: 'object',
  required: ['ready', 'systems'],
  properties: {
    ready: { type: 'boolean' },
    draining: { type: 'boolean' },
    systems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'answers'],
        properties: { name: { type: 'string' }, answers: { type: 'boolean' } },
      },
    },
  },
} as const;

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'For programs.' },
    detail: { type: 'string', description: 'One sentence for people.' },
    mayHaveBeenStored: {
      type: 'boolean',
      description: 'Of a like that was not accepted: whether it may count all the same.',
    },
  },
};

/** Answers after which the same request may be right a little later. */
const RETRIED = new Set([409, 429, 503]);

const retryHeaders = {
  'retry-after': { type: 'integer', description: 'After so many seconds it may be tried again.' },
};

/** Answers that are no success, by their status, each in the shape of RFC 9457. */
export function problemSchemas(meanings: Readonly<Record<number, string>>) {
  return Object.fromEntries(
    Object.entries(meanings).map(([status, description]) => {
      const content = { 'application/problem+json': { schema: problem } };
      const retried = RETRIED.has(Number(status)) && { headers: retryHeaders };
      return [status, { description, content, ...retried }];
    }),
  );
}
