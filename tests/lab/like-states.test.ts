import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_PAGE,
  LikeCounts,
  LikeStates,
  PAGE_BITS,
  PAGE_MASK,
  STATE,
} from '../../lab/like-states.ts';

const BITS = Object.values(STATE);

describe('like states', () => {
  test('have eight bits of their own, which is one byte a like', () => {
    expect(BITS.reduce((all, bit) => all | bit, 0)).toBe(255);
    expect(BITS.reduce((sum, bit) => sum + bit, 0)).toBe(255);
  });

  test('remember what sets of names remember, over any sources and seqs', () => {
    const someStep = fc.record({
      what: fc.constantFrom('mark' as const, 'mark' as const, 'take' as const, 'has' as const),
      source: fc.nat(3),
      // Around the end of a page, so that a source has to grow in the middle.
      seq: fc.oneof(fc.nat(5), fc.integer({ min: 65_530, max: 65_540 }), fc.constant(300_000)),
      bit: fc.constantFrom(...BITS),
    });
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 60 }), (steps) => {
        const states = new LikeStates();
        const known = new Set<string>();
        for (const { what, source, seq, bit } of steps) {
          const name = `${source} ${seq} ${bit}`;
          expect(states[what](source, seq, bit)).toBe(known.has(name));
          if (what === 'mark') known.add(name);
          if (what === 'take') known.delete(name);
        }
        for (const name of known) {
          const [source, seq, bit] = name.split(' ').map(Number);
          expect(states.has(source!, seq!, bit!)).toBe(true);
          expect(states.isAttempted(source!, seq!)).toBe(
            known.has(`${source} ${seq} ${STATE.attempted}`),
          );
        }
      }),
    );
  });

  test('allocate nothing for a question about a like that is far away', () => {
    const states = new LikeStates();
    expect(states.has(9, 2 ** 40, STATE.counted)).toBe(false);
    expect(states.isAttempted(9, 2 ** 40)).toBe(false);
    expect(states.take(9, 2 ** 40, STATE.counted)).toBe(false);
  });

  test('refuse a seq that no trial has, instead of allocating for it', () => {
    expect(() => new LikeStates().mark(0, 2 ** 31 + 1, STATE.attempted)).toThrow(/2147483649/);
  });

  test('show their pages to loops over many likes, and leave the empty one empty', () => {
    const states = new LikeStates();
    const seq = 5 * (PAGE_MASK + 1) + 77;
    expect(states.pagesOf(3)).toEqual([]);
    expect(states.pageOf(3, seq)).toBe(EMPTY_PAGE);
    const pages = states.addPage(3, seq);
    expect(states.pagesOf(3)).toBe(pages);
    pages[seq >>> PAGE_BITS]![seq & PAGE_MASK] = STATE.ok;
    expect(states.has(3, seq, STATE.ok)).toBe(true);
    expect(states.has(3, seq - (PAGE_MASK + 1), STATE.ok)).toBe(false);
    states.mark(3, 0, STATE.fail);
    expect(states.sweep()).toMatchObject({ ok: 1, fail: 1 });
    expect(EMPTY_PAGE.every((byte) => byte === 0)).toBe(true);
  });

  test('sweep every combination of bits as its meaning says', () => {
    for (let state = 0; state < 256; state++) {
      const states = new LikeStates();
      for (const bit of BITS) if (state & bit) states.mark(0, 3, bit);
      const has = (bit: number) => (state & bit) !== 0;
      const [isOk, isStored] = [has(STATE.ok), has(STATE.counted) || has(STATE.parked)];
      const isFail = !isOk && has(STATE.fail) && !has(STATE.unknown);
      const isUnknown = has(STATE.attempted) && !isOk && !isFail;
      expect(states.sweep()).toEqual({
        attempted: Number(has(STATE.attempted)),
        ok: Number(isOk),
        unknown: Number(isUnknown),
        fail: Number(isFail),
        missing: Number(isOk && !isStored),
        counted: Number(has(STATE.counted)),
        parkedOnly: Number(has(STATE.parked) && !has(STATE.counted)),
        recovered: Number(isUnknown && has(STATE.counted)),
        revived: Number(isFail && (isStored || has(STATE.delivered))),
        landed: Number((isUnknown || isFail) && isStored),
      });
    }
  });

  test('give every attempted like exactly one of ok, unknown and fail', () => {
    const states = new LikeStates();
    for (let state = 0; state < 256; state++) {
      for (const bit of BITS) if (state & bit) states.mark(1, state, bit);
      states.mark(1, state, STATE.attempted);
    }
    const { attempted, ok, unknown, fail } = states.sweep();
    expect(attempted).toBe(256);
    expect(ok + unknown + fail).toBe(256);
  });
});

describe('like counts', () => {
  test('count up, count down, and add up to what is left, over any sources and seqs', () => {
    const someStep = fc.record({
      adds: fc.boolean(),
      source: fc.nat(2),
      seq: fc.oneof(fc.nat(3), fc.integer({ min: 16_380, max: 16_388 })),
    });
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 60 }), (steps) => {
        const counts = new LikeCounts();
        const model = new Map<string, number>();
        for (const { adds, source, seq } of steps) {
          const name = `${source} ${seq}`;
          const before = model.get(name) ?? 0;
          if (adds) counts.add(source, seq);
          else expect(counts.take(source, seq)).toBe(before === 0 ? undefined : before - 1);
          model.set(name, Math.max(0, before + (adds ? 1 : -1)));
        }
        expect(counts.sum()).toBe([...model.values()].reduce((sum, count) => sum + count, 0));
      }),
    );
  });

  test('stay at 255', () => {
    const counts = new LikeCounts();
    for (let time = 0; time < 300; time++) counts.add(0, 1);
    expect(counts.sum()).toBe(255);
    expect(counts.take(0, 1)).toBe(254);
  });
});
