import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
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
import { allEnded, runLab } from './lab-process.ts';

/** A fresh clone fetches the broker first. */
const OPEN_MS_MAX = 180_000;

describe.skipIf(!HAS_BROWSER)('the demo in a browser', () => {
  let demo: DemoUnderTest;

  beforeAll(async () => {
    demo = await DemoUnderTest.open('redis-streams,bullmq');
  }, OPEN_MS_MAX);

  afterAll(() => demo?.[Symbol.asyncDispose]());

  test('counts what is pressed, by keyboard alone', async () => {
    await demo.shows('#headline', /Press the button/);
    await demo.tabTo('press');
    for (let press = 0; press < 3; press++) await demo.page.keyboard.press('Enter');
    expect(await isExact(demo)).toMatchObject({ attempted: 3, accepted: 3, counted: 3 });
    await demo.tabTo('rate');
    await demo.page.keyboard.press('ArrowRight');
    expect(await demo.shows('#rate-told', /\d/)).toBe('550');
    await demo.tabTo('crowd');
    await demo.page.keyboard.press('Space');
    await demo.shows('#crowd', /Send it home/);
    await demo.page.keyboard.press('Space');
    await demo.shows('#crowd', /Call a crowd/);
    await isExact(demo);
  });

  test('gives the likes of a killed worker to the next one, and counts each once', async () => {
    const meanwhile = async () => {
      expect(await demo.violations()).toEqual([]);
      expect(await demo.overhang()).toBe(0);
    };
    await killWorkerUnderLoad(demo, { meanwhile });
  });

  test('turns users away while the broker is dead, and loses nothing', async () => {
    await killBrokerUnderLoad(demo);
  });

  test('goes without a queue, with a transaction a like, and compares the two', async () => {
    await demo.page.click('[value=direct]');
    await demo.isSo('it is direct', ({ way, busy }) => way === 'direct' && busy === undefined);
    await callCrowd(demo);
    await demo.shows('[data-hop=queue] .told', /Not on this way/);
    await sendHome(demo);
    await isExact(demo);
    await demo.shows('#rows tbody tr', /^direct/);
    const { rows } = await demo.isSo('the row is whole', ({ rows: all }) => {
      return all.at(-1)!.transactionsPerLike !== null;
    });
    expect(rows.at(-1)).toMatchObject({ way: 'direct', transactionsPerLike: 1 });
    expect(rows.at(-2)).toMatchObject({ way: 'queued', struck: false });
    expect(rows.at(-3)).toMatchObject({ way: 'queued', struck: true });
    await demo.shows('#comparison', /^At 200 likes\/s: with Redis Streams 0\.\d+ .*directly 1, /);
    expect(await demo.violations()).toEqual([]);
    expect(await demo.overhang()).toBe(0);
    const refused = await demo.page.evaluate(
      `fetch('/commands', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: '{"do":"kill-broker"}' }).then((answer) => answer.text())`,
    );
    expect(refused).toBe('there is no queue on the direct way');
    // The browser itself notes each request that is refused.
    expect(demo.complaints.splice(0)).toEqual([expect.stringMatching(/409/)]);
  });

  test('clears all, on another broker of the same server', async () => {
    await demo.page.select('#broker', 'bullmq');
    await demo.page.click('[value=queued]');
    await demo.isSo('it is queued', ({ way, busy }) => way === 'queued' && busy === undefined);
    await demo.push('press', ' Like');
    await isExact(demo);
    await demo.push('clear', 'Clear all');
    await demo.isSo('it is clear', ({ rows, busy }) => rows.length === 0 && busy === undefined);
    await demo.shows('#count', /^0$/);
    await demo.shows('#headline', /Press the button/);
  });

  test('says nothing on the console, and asks nobody but itself', () => {
    expect(demo.complaints).toEqual([]);
    const others = demo.requests.filter((url) => url !== 'data:,' && !url.startsWith(demo.url));
    expect(demo.requests.length).toBeGreaterThan(4);
    expect(others).toEqual([]);
  });

  test('ends all that it started at Ctrl-C, and the page says so', async () => {
    const { processes, lab } = demo;
    expect(processes.length).toBeGreaterThanOrEqual(4);
    lab.child.kill('SIGINT');
    expect((await lab.ended()).code).toBe(0);
    await allEnded(processes);
    expect(lab.runFolder).toBeUndefined();
    await demo.shows('#headline', /has ended\. Start it again with npm run demo/);
  });
});

test('what cannot be shown is one line, and exit code 64', async () => {
  const { code, stderr } = await runLab(['demo', '--brokers', 'null']);
  expect(stderr).toMatch(/^error: .*allowed are redis-streams, kafka, bullmq, sqs, sqs-fifo/m);
  expect(code).toBe(64);
});

test('a port that is taken is one line, before any server is started', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await runLab(['demo', '--port', String(port)]);
  taken.close();
  expect(stderr).toBe(
    `error: port ${port} of 127.0.0.1 is taken; name another --port, 0 for any\n`,
  );
  expect(code).toBe(64);
});
