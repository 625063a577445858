import { expect, test } from 'vitest';
import type { RoundParts } from '../../demo/round.ts';
import { type Choice, Stage } from '../../demo/stage.ts';

/** A stage whose rounds are opened when the test says so, and all fail then. */
function madeStage() {
  const asked: Choice[] = [];
  let fail: ((error: Error) => void) | undefined;
  const stage = new Stage({
    brokers: [
      { name: 'kafka', title: 'Kafka' },
      { name: 'bullmq', title: 'BullMQ' },
    ],
    openParts(choice) {
      asked.push(choice);
      const { promise, reject } = Promise.withResolvers<RoundParts>();
      fail = reject;
      return promise;
    },
    log: () => undefined,
  });
  stage.begin();
  return {
    stage,
    asked,
    failNow: async () => {
      const { settled } = stage;
      // It is asked for once the round before has ended.
      await expect.poll(() => fail).toBeDefined();
      const failThis = fail!;
      fail = undefined;
      failThis(new Error('there is no Java'));
      await settled;
    },
  };
}

test('of several choices made while something starts, the last one is carried out', async () => {
  const { stage, asked, failNow } = madeStage();
  expect(stage.snapshot().story.headline).toMatch(/^Starting a fresh round: Kafka/);
  await stage.obey({ do: 'choose', way: 'queued', broker: 'bullmq' });
  await stage.obey({ do: 'choose', way: 'direct', broker: 'bullmq' });
  await failNow();
  expect(asked).toEqual([
    { way: 'queued', broker: 'kafka' },
    { way: 'direct', broker: 'bullmq' },
  ]);
  expect(stage.snapshot().story.headline).toMatch(/^Starting a fresh round: gateway/);
  await failNow();
  await stage[Symbol.asyncDispose]();
});

test('what cannot be started is told, and another choice may still be made', async () => {
  const { stage, asked, failNow } = madeStage();
  await failNow();
  const { story, isReady, busy, failed } = stage.snapshot();
  expect({ story: story.headline, isReady, busy, failed }).toEqual({
    story: 'there is no Java',
    isReady: false,
    busy: undefined,
    failed: 'there is no Java',
  });
  await stage.obey({ do: 'choose', way: 'queued', broker: 'bullmq' });
  expect(stage.snapshot().failed).toBeNull();
  expect(asked.at(-1)).toEqual({ way: 'queued', broker: 'bullmq' });
  await failNow();
  await stage[Symbol.asyncDispose]();
});

test('what needs a round is refused while there is none', async () => {
  const { stage, failNow } = madeStage();
  const commands = ['press', 'stop-crowd', 'kill-broker', 'start-worker'] as const;
  for (const what of commands) {
    await expect(stage.obey({ do: what })).rejects.toThrow('nothing is running yet');
  }
  await expect(stage.obey({ do: 'clear' })).rejects.toThrow(/^wait until/);
  await failNow();
  await stage[Symbol.asyncDispose]();
});
