import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PathWatch } from '../../../cli/watch/path-watch.ts';

/** A path of which all is known, whose parts do the next thing in any order. */
class MadePath {
  published = 0;
  settled = 0;
  waiting = 0;
  unacknowledged = 0;
  parked = 0;
  lost = 0;
  /** In the queue, and the gateway does not know it yet. */
  #landed = 0;
  /** In the sums, and not acknowledged by the worker yet. */
  #told = 0;

  readonly steps = {
    land: () => {
      this.waiting++;
      this.#landed++;
    },
    publish: () => {
      if (this.#landed === 0) return;
      this.#landed--;
      this.published++;
    },
    deliver: () => {
      if (this.waiting === 0) return;
      this.waiting--;
      this.unacknowledged++;
    },
    settle: () => {
      if (this.unacknowledged === this.#told) return;
      this.#told++;
      this.settled++;
    },
    acknowledge: () => {
      if (this.#told === 0) return;
      this.#told--;
      this.unacknowledged--;
    },
    park: () => {
      if (this.unacknowledged === this.#told) return;
      this.unacknowledged--;
      this.parked++;
    },
    // Of a like that its gateway has not yet acknowledged nobody may say that it is missing.
    lose: () => {
      if (this.waiting <= this.#landed) return;
      this.waiting--;
      this.lost++;
    },
  };

  rest(): void {
    for (let step = 0; step < 1_000; step++) {
      this.steps.publish();
      this.steps.deliver();
      this.steps.settle();
      this.steps.acknowledge();
    }
  }

  backlog() {
    const { waiting, unacknowledged, parked } = this;
    return { waiting, unacknowledged, parked };
  }

  sums() {
    return { published: this.published, unknown: 0, settled: this.settled };
  }
}

type StepName = keyof MadePath['steps'];
const STEPS = Object.keys(new MadePath().steps) as StepName[];
const stepsArbitrary = fc.array(fc.constantFrom(...STEPS), { maxLength: 60 });

describe('the drift', () => {
  test('never says more than is lost, whatever happens while it is looked at', () =>
    fc.assert(
      fc.asyncProperty(
        stepsArbitrary,
        stepsArbitrary,
        stepsArbitrary,
        async (before, meanwhile, later) => {
          const path = new MadePath();
          const go = (steps: readonly StepName[]) => {
            for (const step of steps) path.steps[step]();
          };
          go(before);
          const watch = new PathWatch({
            async backlogOf() {
              go(meanwhile);
              const backlog = path.backlog();
              await Promise.resolve();
              go(later);
              return backlog;
            },
            sums: () => path.sums(),
          });
          await watch.ask();
          const look = await watch.newest();
          if (look!.drift !== undefined) expect(look!.drift).toBeLessThanOrEqual(path.lost);
        },
      ),
      { numRuns: 500 },
    ));

  test('is exactly what is lost once nothing is on its way', () =>
    fc.assert(
      fc.asyncProperty(stepsArbitrary, async (steps) => {
        const path = new MadePath();
        path.steps.land();
        path.steps.publish();
        for (const step of steps) path.steps[step]();
        path.rest();
        const watch = new PathWatch({
          backlogOf: async () => path.backlog(),
          sums: () => path.sums(),
        });
        expect((await watch.newest())!.drift).toBe(path.lost);
      }),
    ));

  test('is not told where no gateway has published, since then nobody knows', async () => {
    const sums = () => ({ published: 0, unknown: 0, settled: 12 });
    const backlogOf = async () => ({ waiting: 1, unacknowledged: 0, parked: 0 });
    const look = await new PathWatch({ backlogOf, sums }).newest();
    expect(look).toMatchObject({ drift: undefined, ageS: 0, sums: { settled: 12 } });
  });
});

describe('whoever wants the newest look', () => {
  const SUMS = { published: 0, unknown: 0, settled: 0 };

  test('gets one that is young enough, and the server is asked once for all', async () => {
    let asked = 0;
    let nowMs = 0;
    const watch = new PathWatch({
      async backlogOf() {
        asked++;
        return { waiting: asked, unacknowledged: 0, parked: 0 };
      },
      sums: () => SUMS,
      nowMs: () => nowMs,
    });
    const looks = await Promise.all([watch.newest(), watch.newest(), watch.newest()]);
    expect(looks.map((look) => look!.backlog.waiting)).toEqual([1, 1, 1]);
    nowMs = 1_000;
    expect((await watch.newest())!.backlog.waiting).toBe(1);
    nowMs = 2_000;
    expect((await watch.newest())!.backlog.waiting).toBe(2);
    expect(asked).toBe(2);
  });

  test('waits a second at most, and has the last one while it means anything', async () => {
    let nowMs = 0;
    let hangs = false;
    const watch = new PathWatch({
      backlogOf: () =>
        hangs
          ? new Promise(() => undefined)
          : Promise.resolve({ waiting: 1, unacknowledged: 0, parked: 0 }),
      sums: () => SUMS,
      nowMs: () => nowMs,
    });
    await watch.newest();
    hangs = true;
    nowMs = 4_000;
    const startedMs = performance.now();
    expect((await watch.newest())!.backlog.waiting).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    nowMs = 6_000;
    expect(await watch.newest()).toBeUndefined();
  });

  test('hears nothing of a server that answers with an error', async () => {
    const backlogOf = () => Promise.reject(new Error('away'));
    const watch = new PathWatch({ backlogOf, sums: () => SUMS });
    await expect(watch.ask()).rejects.toThrow('away');
    expect(await watch.newest()).toBeUndefined();
  });
});

test('sums that cannot be read hide no answer of the server', async () => {
  const backlog = { waiting: 3, unacknowledged: 1, parked: 0 };
  let isReadable = false;
  const sums = () => {
    if (!isReadable) throw Object.assign(new Error('no file number is left'), { code: 'EMFILE' });
    return { published: 4, unknown: 0, settled: 0 };
  };
  const watch = new PathWatch({ backlogOf: async () => backlog, sums });
  expect(await watch.ask()).toEqual(backlog);
  expect(await watch.newest()).toBeUndefined();
  isReadable = true;
  expect((await watch.newest())?.drift).toBe(0);
});
