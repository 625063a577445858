import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeLike,
  gatherMessages,
  type HandleLikes,
  handleMessages,
  type Like,
  type LikeHeaders,
  readHeaders,
} from '../../likes/like.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function textOf(seq: number): string {
  const like: Like = {
    ...{ source: 'a', seq, post: 'p', user: 'u' },
    ...{ action: 'like', version: 1, likedAtMs: 0 },
  };
  return encodeLike(like);
}

/** Keeps the headers of each like by its seq. */
function keeper(): { handle: HandleLikes; found: Map<number, LikeHeaders | undefined> } {
  const found = new Map<number, LikeHeaders | undefined>();
  const handle: HandleLikes = async (likes, _placeOf, headersOf) => {
    for (const [index, { seq }] of likes.entries()) found.set(seq, headersOf?.(index));
  };
  return { handle, found };
}

describe('headers', () => {
  const sent = { traceparent: TRACEPARENT, tracestate: 'lab=1' };

  test('are read by name, as a list, as bytes and as JSON', () => {
    const bytes = { traceparent: Buffer.from(TRACEPARENT), tracestate: Buffer.from('lab=1') };
    expect(readHeaders(sent)).toEqual(sent);
    expect(readHeaders(bytes)).toEqual(sent);
    const encode = (text: string) => new TextEncoder().encode(text);
    const plain = { traceparent: encode(TRACEPARENT), tracestate: encode('lab=1') };
    expect(readHeaders(plain)).toEqual(sent);
    expect(readHeaders(Object.entries(sent).flat())).toEqual(sent);
    expect(readHeaders(JSON.stringify(sent))).toEqual(sent);
  });

  test('that are none hold up no like, whatever a stranger sent', () => {
    expect(readHeaders(undefined)).toEqual({});
    expect(readHeaders({ list: ['a'], nothing: undefined, count: 3, own: 'x' })).toEqual({
      own: 'x',
    });
    expect(readHeaders(['traceparent', TRACEPARENT, 'alone'])).toEqual({
      traceparent: TRACEPARENT,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.array(fc.string()), fc.object()), (raw) => {
        const values = Object.values(readHeaders(raw));
        expect(values.every((value) => typeof value === 'string')).toBe(true);
      }),
    );
  });

  test('stay with their likes when other messages of the batch are none', async () => {
    const { handle, found } = keeper();
    const messages = ['nonsense', textOf(0), '{}', textOf(1)];
    await handleMessages(messages, handle, undefined, (index) => ({ at: String(index) }));
    expect(Object.fromEntries(found)).toEqual({ 0: { at: '1' }, 1: { at: '3' } });
  });

  test('stay with their likes when arrivals are gathered, some of them without any', async () => {
    const sizes = fc.array(fc.record({ size: fc.nat({ max: 4 }), has: fc.boolean() }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (arrivals) => {
        const { handle, found } = keeper();
        const arrive = gatherMessages(handle, { messagesMax: 5, lingerMs: 0 });
        const wanted: [number, LikeHeaders][] = [];
        const stored = arrivals.map(({ size, has }) => {
          const seqs = Array.from({ length: size }, (_, index) => wanted.length + index);
          for (const seq of seqs) wanted.push([seq, has ? { seq: String(seq) } : {}]);
          const headersOf = (index: number) => ({ seq: String(seqs[index]) });
          return arrive(seqs.map(textOf), has ? headersOf : undefined);
        });
        await Promise.all(stored);
        expect([...found]).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });
});
