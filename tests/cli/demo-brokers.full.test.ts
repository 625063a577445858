import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_BROWSER } from '../report/browser.ts';
import { DemoUnderTest } from './demo-fixture.ts';
import {
  callCrowd,
  isExact,
  killBrokerUnderLoad,
  killWorkerUnderLoad,
  sendHome,
} from './demo-story.ts';
import { allEnded } from './lab-process.ts';

const OPEN_MS_MAX = 240_000;
/** SQS gives what a dead worker held to the next one after its visibility timeout. */
const STORY_MS_MAX = 240_000;

/** One demo for all: each is chosen on the page, so its server starts then. */
describe.skipIf(!HAS_BROWSER)('the demo in a browser, on each broker', () => {
  let demo: DemoUnderTest;

  beforeAll(async () => {
    demo = await DemoUnderTest.open('redis-streams,kafka,bullmq,sqs,sqs-fifo');
  }, OPEN_MS_MAX);

  afterAll(() => demo?.[Symbol.asyncDispose]());

  // A flash post is one group of a FIFO queue, which ElasticMQ takes ten at a time.
  test.each([
    ['kafka', 200],
    ['bullmq', 200],
    ['sqs', 100],
    ['sqs-fifo', 50],
  ])(
    '%s: a killed worker and a killed broker lose nothing and count nothing twice',
    { timeout: STORY_MS_MAX },
    async (broker, likesPerS) => {
      await demo.page.select('#broker', broker);
      await demo.isSo(`it is ${broker}`, ({ brokerName, busy, isReady }) => {
        return brokerName === broker && busy === undefined && isReady;
      });
      await killWorkerUnderLoad(demo, { likesPerS });
      await killBrokerUnderLoad(demo, { likesPerS });
      // A crowd that nobody disturbs has its row, and nothing in it speaks of those before.
      await callCrowd(demo, likesPerS);
      await sendHome(demo);
      await isExact(demo);
      const { rows } = await demo.isSo('the row is whole', ({ rows: all }) => {
        return all.at(-1)!.exactAfterMs !== null;
      });
      expect(rows.at(-1)).toMatchObject({ way: 'queued', struck: false, unknown: 0 });
      expect(demo.complaints).toEqual([]);
    },
  );

  test('a demo that is killed leaves no process behind', async () => {
    const { processes, lab } = demo;
    expect(processes.length).toBeGreaterThanOrEqual(5);
    lab.child.kill('SIGKILL');
    await allEnded(processes);
  });
});
