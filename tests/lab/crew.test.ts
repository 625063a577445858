import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Crew } from '../../lab/crew.ts';
import type { TrialContext } from '../../lab/trial-context.ts';
import type { TrialPlan } from '../../lab/trial-plan.ts';
import { recordsFolder } from './trial-fixture.ts';

/** Nobody is opened in these tests: what workers do, real trials show. */
function madeCrew(folder: string, signal: AbortSignal): Crew {
  const context = { folder, signal, workerModule: 'nobody opens it' } as unknown as TrialContext;
  return new Crew({ consumers: 2 } as TrialPlan, context, { queue: 'likes', store: {} });
}

describe('a crew that is dismissed', () => {
  test('opens nobody any more, so that a fault under way leaves no worker behind', async () => {
    using folder = recordsFolder();
    const crew = madeCrew(folder.path('.'), new AbortController().signal);
    await crew.dismiss();
    for (const open of [() => crew.openConsumer(), () => crew.openProducer()]) {
      await expect(open()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }
    expect(crew.consumers).toEqual([]);
    expect(crew.producer).toBeUndefined();
  });

  test('lets nobody wait any longer for anything', async () => {
    using folder = recordsFolder();
    const { signal } = new AbortController();
    const crew = madeCrew(folder.path('.'), signal);
    const never = new Promise<void>(() => undefined);
    const waits = expect(crew.whileAlive(never, signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    await crew.dismiss();
    await waits;
  });
});

describe('whoever waits while the crew is alive', () => {
  test('gets what he waits for, or the reason why there is none', async () => {
    using folder = recordsFolder();
    const { signal } = new AbortController();
    const crew = madeCrew(folder.path('.'), signal);
    expect(await crew.whileAlive(sleep(1, 'done'), signal)).toBe('done');
    const failing = Promise.reject(new Error('no server'));
    await expect(crew.whileAlive(failing, signal)).rejects.toThrow('no server');
  });

  test('is told of an interruption, also of one that came before', async () => {
    using folder = recordsFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const crew = madeCrew(folder.path('.'), signal);
    const waits = crew.whileAlive(sleep(60_000, undefined, { signal, ref: false }), signal);
    controller.abort();
    await expect(waits).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(crew.whileAlive(sleep(1), signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
