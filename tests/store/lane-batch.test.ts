import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockOfLike } from '../../store/lane-state.ts';
import { LaneSimulation, type PlantedFault } from './lane-simulation.ts';
import { type LogEntry, sameCount, truthUpTo } from './lane-truth.ts';
import { madeLike } from './made-likes.ts';

/** Few posts, few seqs: the same like at several offsets, several likes of a post in each batch. */
const someLog: fc.Arbitrary<LogEntry[]> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('a', 'b'),
      fc.oneof(fc.nat(12), fc.constantFrom(4_095, 4_096)),
    ),
    { minLength: 1, maxLength: 25 },
  )
  .map((steps) => {
    let offset = -1n;
    return steps.map(([step, source, seq]) => {
      offset += BigInt(step);
      return { offset, like: madeLike(source, seq, { post: `post-${seq % 4}` }) };
    });
  });

const someChoices = fc.array(fc.nat(9_999), { minLength: 60, maxLength: 200 });

/** What is wrong after a run, in words. */
async function problemsOf(simulation: LaneSimulation, log: readonly LogEntry[]): Promise<string[]> {
  await simulation.run();
  const problems = [...simulation.errors.map(String), ...simulation.falseRows()];
  const end = log.at(-1)!.offset;
  if (simulation.checkpoint !== end) problems.push(`checkpoint ${simulation.checkpoint}`);
  const { counts, marks } = truthUpTo(log, end);
  for (const [post, right] of counts) {
    if (!sameCount(right, simulation.countOf(post))) problems.push(`count of ${post}`);
  }
  for (const { like } of log) {
    const block = blockOfLike(like);
    const found = simulation.marksOf(block)?.bits ?? [];
    if (!Buffer.from(found).equals(marks.get(`${block.block} ${block.source}`)!)) {
      problems.push(`marks of ${block.source}`);
    }
  }
  return problems;
}

describe('writers of a lane that die, sleep, time out and take over', () => {
  test('leave what the lane says, whatever the order of their steps', async () => {
    const sum = { deaths: 0, timeouts: 0, sleeps: 0, late: 0, takeovers: 0, batches: 0 };
    await fc.assert(
      fc.asyncProperty(someLog, someChoices, async (log, choices) => {
        const simulation = new LaneSimulation(log, choices);
        expect(await problemsOf(simulation, log)).toEqual([]);
        for (const [kind, times] of Object.entries(simulation.seen)) {
          sum[kind as keyof typeof sum] += times;
        }
      }),
      { numRuns: 200 },
    );
    // Proof that there was trouble of each kind.
    expect(Math.min(...Object.values(sum))).toBeGreaterThan(50);
  });

  test.each<PlantedFault>([
    'timestamps are ignored',
    'marks do not wait for counts',
    'the checkpoint does not wait for marks',
    'counts are read before marks',
    'rows ahead of the checkpoint are not told',
    'counts outlive a block that is ahead',
    'batches begin behind what is not stored',
  ])('and do not where %s', async (fault) => {
    const { counterexample } = await fc.check(
      fc.asyncProperty(someLog, someChoices, async (log, choices) => {
        return (await problemsOf(new LaneSimulation(log, choices, fault), log)).length === 0;
      }),
      { numRuns: 4_000, endOnFailure: true },
    );
    const [log, choices] = counterexample!;
    expect(await problemsOf(new LaneSimulation(log, choices, fault), log)).not.toEqual([]);
  });
});
