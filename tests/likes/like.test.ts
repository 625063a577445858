import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeLike,
  encodeLike,
  handleMessages,
  type Like,
  NAME_LENGTH_MAX,
  NotALikeError,
  RefusedLikesError,
  SendError,
} from '../../likes/like.ts';

const like: Like = {
  source: 'gateway-1',
  seq: 7,
  post: '-1fzGnFwz9M',
  user: 'u01234567',
  action: 'unlike',
  version: 2,
  likedAtMs: 1_505_260_800_000,
};

const fields = { format: 1, ...like };

const name = fc.string({ minLength: 1, maxLength: NAME_LENGTH_MAX, unit: 'grapheme' });

const anyLike: fc.Arbitrary<Like> = fc.record({
  source: name.filter((text) => text.length <= NAME_LENGTH_MAX),
  seq: fc.maxSafeNat(),
  post: name.filter((text) => text.length <= NAME_LENGTH_MAX),
  user: name.filter((text) => text.length <= NAME_LENGTH_MAX),
  action: fc.constantFrom('like', 'unlike'),
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  likedAtMs: fc.maxSafeNat(),
});

function failureOf(text: string): NotALikeError {
  try {
    decodeLike(text);
  } catch (error) {
    if (error instanceof NotALikeError) return error;
    throw error;
  }
  throw new Error(`decoded, but should not have been: ${text}`);
}

describe('a like on its way', () => {
  test('comes out of its message as it went in', () => {
    fc.assert(
      fc.property(anyLike, (sent) => {
        expect(decodeLike(encodeLike(sent))).toEqual(sent);
      }),
    );
  });

  test('is about 150 bytes long', () => {
    const bytes = Buffer.byteLength(encodeLike(like));
    expect(bytes).toBeGreaterThan(120);
    expect(bytes).toBeLessThan(180);
  });

  test('may carry fields that are not known here, which are left out', () => {
    expect(decodeLike(JSON.stringify({ ...fields, country: 'US' }))).toEqual(like);
  });
});

describe('a message that is not a like', () => {
  test.each(['', '{', 'null', '[]', '"like"', '12'])('is refused: %s', (text) => {
    expect(failureOf(text).code).toBe('NOT_A_LIKE');
  });

  test.each([
    ['format', 2],
    ['format', undefined],
    ['action', 'love'],
    ['source', ''],
    ['post', 5],
    ['post', 'x'.repeat(NAME_LENGTH_MAX + 1)],
    ['user', null],
    ['seq', -1],
    ['seq', 1.5],
    ['seq', '7'],
    ['seq', 2 ** 53],
    ['version', 0],
    ['likedAtMs', -1],
  ])('is refused with the field %s named when it holds %j', (field, value) => {
    const { message } = failureOf(JSON.stringify({ ...fields, [field]: value }));
    expect(message).toContain(`field "${field}"`);
    expect(message).toContain('allowed is');
  });

  test('is quoted on one short line, however long it is', () => {
    const { message } = failureOf('\n'.repeat(10_000));
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(300);
  });

  test('keeps the parser’s own error as the cause', () => {
    expect(failureOf('{').cause).toBeInstanceOf(SyntaxError);
  });

  test('never makes the decoder fail in another way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(failureOf(text).code).toBe('NOT_A_LIKE');
      }),
    );
  });
});

describe('errors that producers and consumers share', () => {
  test('a send that went wrong tells how many likes are unknown and how many refused', () => {
    const cause = new Error('connection lost');
    const error = new SendError(['ok', 'unknown', 'fail', 'unknown'], cause);
    expect(error.message).toBe('2 likes unknown, 1 refused: connection lost');
    expect(error).toMatchObject({ code: 'SEND_INCOMPLETE', cause });
  });

  test('refused likes are known by their code, whatever copy they come from', async () => {
    const refusals = [{ index: 1, reason: 'post is unknown' }];
    const other = Object.assign(new Error('refused'), { code: 'LIKES_REFUSED', refusals });
    const messages = ['not a like', encodeLike(like), encodeLike({ ...like, seq: 1 })];
    const found = await handleMessages(messages, () => Promise.reject(other));
    expect(found.map(({ index }) => index)).toEqual([0, 2]);
    const outage = new Error('away');
    await expect(handleMessages(messages, () => Promise.reject(outage))).rejects.toBe(outage);
  });

  test('refused likes keep their places and the first reason', () => {
    const error = new RefusedLikesError([{ index: 3, reason: 'post is unknown' }]);
    expect(error.message).toBe('1 likes refused, the first because: post is unknown');
    expect(error.refusals).toEqual([{ index: 3, reason: 'post is unknown' }]);
  });
});
