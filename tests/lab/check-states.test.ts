/**
 * False alarms, of which there must be none, and mutants: ways in which a queue or a store under
 * states can go wrong, each planted at a place that a seed chooses and found by its name.
 */
import { describe, expect, test } from 'vitest';
import { brokenPromises } from '../../lab/ledger.ts';
import { PRESSES_MAX } from '../../lab/presses.ts';
import type { Like } from '../../likes/like.ts';
import type { ShardCommit, UserState } from '../../store/count-store.ts';
import { MemoryStatesShard } from '../../store/memory-states-shard.ts';
import { evenSlotMap } from '../../store/slot-map.ts';
import { randomFrom } from '../store/made-likes.ts';
import { press } from '../store/made-presses.ts';
import { MadeRecords } from './made-records.ts';
import { runStatesTrial, type StatesTrial } from './states-trial.ts';

const SEEDS = [1, 2, 3];

const isSame = (one: UserState, like: Like) => one.post === like.post && one.user === like.user;
const isNewest = ({ sent }: StatesTrial, like: Like) =>
  sent.every((one) => !isSame(one, like) || one.version <= like.version);

/** Finds a like of the trial by the seed; the trial itself is the same each time it is run. */
async function choose(seed: number, wanted: (trial: StatesTrial, like: Like) => boolean) {
  const trial = await runStatesTrial({ seed, allOk: true });
  const likes = trial.sent.filter((like) => wanted(trial, like));
  return likes[Math.floor(randomFrom(seed)() * likes.length)]!;
}

function namesIn({ ledger }: StatesTrial): string[] {
  const broken = brokenPromises(ledger, { order: false, survival: true });
  return broken.map((reason) => reason.replace(/^\d+ /, '').replace(/:.*/, ''));
}

const isOf = (like: Like) => (one: Like) => one.source === like.source && one.seq === like.seq;

describe('a trial under states in which nothing goes wrong', () => {
  test.each([
    ['toggles', 1],
    ['toggles', 2],
    ['zipf', 3],
    ['flash', 4],
    ['trending', 5],
  ] as const)('raises no alarm: %s, seed %i', async (workload, seed) => {
    const { ledger, verdict, reasons, sent } = await runStatesTrial({ workload, seed });
    expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] });
    // Much has happened in it, or its silence would prove little.
    expect(Math.min(ledger.unknown, ledger.recovered, ledger.redelivered)).toBeGreaterThan(0);
    expect(ledger.inversions).toBeGreaterThan(sent.length / 10);
    expect(ledger).toMatchObject({ counted: ledger.ok + ledger.recovered, residual: 0 });
  });

  test('whose likes are all acknowledged has exactly the states of the workload', async () => {
    const { ledger, verdict } = await runStatesTrial({ allOk: true });
    expect(verdict).toBe('pass');
    expect(ledger.expectedStates).toBe(ledger.states);
    expect(ledger.states).toBeGreaterThan(500);
    expect(ledger).toMatchObject({ counted: 4_000, unexpectedStates: 0, doubleEffects: 0 });
  });
});

describe.each(SEEDS)('mutants under states, seed %i:', (seed) => {
  test('an acknowledged like that is dropped is lost', async () => {
    const dropped = await choose(seed, isNewest);
    const isKept = (like: Like) => !isOf(dropped)(like);
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      deliver: (arrivals) => arrivals.filter(isKept),
    });
    expect(namesIn(trial)).toEqual(['lost', 'unexpected states']);
    expect(trial.ledger).toMatchObject({ lost: 1, lostCovered: 0, unexpectedStates: 1 });
  });

  test('one that a later press hides from every count is lost too, and told apart', async () => {
    const dropped = await choose(seed, (trial, like) => !isNewest(trial, like));
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      deliver: (arrivals) => arrivals.filter((like) => !isOf(dropped)(like)),
    });
    expect(namesIn(trial)).toEqual(['lost']);
    expect(trial.ledger).toMatchObject({ lost: 1, lostCovered: 1, unexpectedStates: 0 });
  });

  test('an action that was turned is a wrong state', async () => {
    const turned = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed },
      rows: ofEach((rows) =>
        rows.map((row) =>
          isSame(row, turned) ? { ...row, action: row.action === 'like' ? 'unlike' : 'like' } : row,
        ),
      ),
    });
    expect(namesIn(trial)).toContain('wrong states');
    expect(trial.ledger).toMatchObject({ wrongStates: 1, miscountedPosts: 1, phantom: 0 });
  });

  test('a store in which an older version wins has lost likes and wrong states', async () => {
    const trial = await runStatesTrial({
      ...{ seed },
      openShard: (index) => new LastArrivalShard(index, evenSlotMap(2)),
    });
    expect(namesIn(trial)).toEqual(expect.arrayContaining(['lost', 'wrong states']));
    expect(trial.verdict).toBe('fail');
  });

  test('a state that is gone again is lost, and a wrong state', async () => {
    const gone = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      rows: ofEach((rows) => rows.filter((row) => !isSame(row, gone))),
    });
    expect(namesIn(trial)).toEqual(expect.arrayContaining(['lost', 'wrong states']));
    expect(trial.ledger).toMatchObject({ wrongStates: 1, unexpectedStates: 1 });
  });

  test.each([
    [1, ['double effects', 'miscounted posts']],
    [-1, ['miscounted posts']],
  ])('a count that is off by %i is named', async (off, names) => {
    const counted = await choose(seed, () => true);
    const trial = await runStatesTrial({
      ...{ seed },
      counts: ofEach((counts) =>
        counts.map((count) =>
          count.post === counted.post ? { ...count, likes: count.likes + off } : count,
        ),
      ),
    });
    expect(namesIn(trial)).toEqual(names);
    expect(trial.ledger).toMatchObject({ miscountedLikes: 1, doubleEffects: Math.max(0, off) });
  });

  test('a state under the name of another post is a phantom, and its likes are lost', async () => {
    const moved = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      rows: ofEach((rows) =>
        rows.map((row) => (isSame(row, moved) ? { ...row, post: 'another post' } : row)),
      ),
    });
    expect(namesIn(trial)).toEqual(expect.arrayContaining(['lost', 'phantom', 'wrong states']));
    expect(trial.ledger).toMatchObject({ phantom: 1 });
  });

  test.each([
    ['a version that nobody pressed', { version: 77 }],
    ['a user who never pressed', { user: 'nobody' }],
  ])('%s is a phantom', async (_, changed) => {
    const like = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      rows: ofEach((rows) =>
        rows.flatMap((row) => {
          if (!isSame(row, like)) return [row];
          return 'user' in changed ? [row, { ...row, ...changed }] : [{ ...row, ...changed }];
        }),
      ),
    });
    expect(namesIn(trial)).toContain('phantom');
    expect(trial.ledger).toMatchObject({ phantom: 1, wrongStates: 0 });
  });

  test('a user who stands in two shards is a double effect', async () => {
    const like = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed },
      rows: (ofShards) => {
        const copies = ofShards.flat().filter((row) => isSame(row, like));
        return ofShards.map((rows) => [...rows.filter((row) => !isSame(row, like)), ...copies]);
      },
    });
    expect(namesIn(trial)).toContain('double effects');
  });

  test('a state that no commit told of leaves a residual, and the verdict unknown', async () => {
    const untold = await choose(seed, isNewest);
    const trial = await runStatesTrial({
      ...{ seed, allOk: true },
      tells: (like) => !isOf(untold)(like),
    });
    expect(trial).toMatchObject({ ledger: { residual: 1, lost: 0 }, verdict: 'unknown' });
  });

  test('rows that a shard has and does not show leave a residual', async () => {
    const trial = await runStatesTrial({ seed, hidden: 2 });
    expect(trial).toMatchObject({ ledger: { residual: 2 }, verdict: 'unknown' });
  });

  test('another workload than the one that was sent leaves a residual', async () => {
    const trial = await runStatesTrial({ seed, input: { planned: () => [] } });
    expect(trial.ledger.residual).toBeGreaterThan(1_000);
    expect(trial.verdict).toBe('fail');
  });
});

function ofEach<Row>(change: (rows: Row[]) => Row[]): (ofShards: Row[][]) => Row[][] {
  return (ofShards) => ofShards.map(change);
}

/** Whatever comes last is in force: it is stored under the number of its arrival. */
class LastArrivalShard extends MemoryStatesShard {
  readonly #versions = new Map<number, number>();

  override async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const numbered = likes.map((like, place) => {
      if (!places.includes(place)) return like;
      const arrival = this.#versions.size + 1;
      this.#versions.set(arrival, like.version);
      return { ...like, version: arrival };
    });
    return await super.apply(numbered, places, slotMapVersion);
  }

  override async *states(): AsyncIterable<UserState> {
    for await (const state of super.states()) {
      yield { ...state, version: this.#versions.get(state.version)! };
    }
  }
}

test('more likes than fit memory are not judged, and it says what to do', async () => {
  const records = new MadeRecords('producer-0');
  records.attempted(0, [{ ...press('ann', 'x', 1), seq: PRESSES_MAX }]);
  const input = { producerRecords: [records.source], sums: { attempted: 1 }, planned: () => [] };
  await expect(runStatesTrial({ likes: 40, input })).rejects.toMatchObject({
    code: 'TOO_MANY_LIKES',
    message: expect.stringMatching(/send fewer with --likes, or count by --rule tally$/),
  });
});
