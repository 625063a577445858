/**
 * A real Prometheus with the rules and the questions of the board in monitoring/, on a running
 * path: a gateway, Redis Streams, a counting process. Where no Prometheus can be had the tests are
 * skipped, and say why.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { parse } from 'yaml';
import { newSlotMap, shardOfLike } from '../../store/slot-map.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { urlOf } from '../cli/gateway-chain.ts';
import type { LabProcess } from '../cli/lab-process.ts';
import { useServer } from '../cli/queue-fixture.ts';
import { expressionsOf, readBoard } from './board.ts';
import { findPrometheus, MONITORING, type Programs, Prometheus } from './prometheus.ts';

const run = promisify(execFile);
const SHARDS = 4;
const POSTS_PER_SHARD = 4;
const LIKES_PER_TICK = 12;
const TICK_MS = 50;
/** Beyond this a state that should come does not come. */
const COMES_MS_MAX = 20_000;
const promtool = { timeout: 20_000 };

let programs: Programs | string;

beforeAll(async () => {
  programs = await findPrometheus();
  if (typeof programs === 'string') process.stderr.write(`skipped: ${programs}\n`);
});

function programsOr(context: TestContext): Programs {
  if (typeof programs === 'string') context.skip(programs);
  return programs as Programs;
}

interface AlertCase {
  readonly name: string;
  readonly alert_rule_test?: readonly { alertname: string; exp_alerts: readonly object[] }[];
}

describe('the rules', () => {
  const read = (name: string) => readFile(join(MONITORING, name), 'utf8');

  test('fire and do not fire as alerts.test.yml says', async (context) => {
    const { promtool: program } = programsOr(context);
    await run(program, ['test', 'rules', join(MONITORING, 'alerts.test.yml')], promtool);
    await run(program, ['check', 'rules', join(MONITORING, 'alerts.yml')], promtool);
  });

  test('have for each alert a case in which it fires and one where all is well', async () => {
    const rules = parse(await read('alerts.yml')).groups[0].rules as { alert?: string }[];
    const alerts = rules.flatMap(({ alert }) => alert ?? []);
    expect(alerts).toEqual(['LikesLate', 'LikesMissing', 'LikesHotPost', 'LikesShardsUneven']);
    const cases = parse(await read('alerts.test.yml')).tests as AlertCase[];
    for (const alert of alerts) {
      const of = cases.map(({ alert_rule_test = [] }) =>
        alert_rule_test.filter(({ alertname }) => alertname === alert),
      );
      const fires = of.filter((looks) => looks.some(({ exp_alerts: all }) => all.length > 0));
      const isCalm = of.filter(
        (looks) => looks.length > 0 && looks.every(({ exp_alerts: all }) => all.length === 0),
      );
      expect([alert, fires.length, isCalm.length]).toEqual([alert, 1, 1]);
    }
  });

  test.for<[string, string, string]>([
    [
      'a border of age',
      '(likes_pipeline_age_seconds{job!="lab"}) > 10',
      '(likes_pipeline_age_seconds{job!="lab"}) > 5',
    ],
    ['the lab taken along', '{job!="lab"}', ''],
    [
      'drift by one process alone',
      'min by (messaging_system, messaging_destination_name) (likes_counter_drift)',
      'max by (messaging_system, messaging_destination_name) (likes_counter_drift)',
    ],
    ['drift of either sign', '(likes_counter_drift) > 0', '(likes_counter_drift) != 0'],
    [
      'the share of one worker',
      'sum by (messaging_system, messaging_destination_name) (likes_window_likes)',
      'min by (messaging_system, messaging_destination_name) (likes_window_likes)',
    ],
    [
      'no border of a hot post',
      '(likes_hot_post_border_ratio)',
      '(0 * likes_hot_post_border_ratio)',
    ],
    ['a moment', 'for: 30s', 'for: 0s'],
    ['a pause', 'for: 1m', 'for: 0s'],
    ['few likes', '> 10\n        for: 2m', '> 0\n        for: 2m'],
    ['an imbalance that is usual', '> 1.5', '> 1.1'],
    ['an imbalance beyond all', '> 1.5', '> 2.5'],
  ])('and the cases find %s', async ([, from, to], context) => {
    const { promtool: program } = programsOr(context);
    await using folder = await temporaryFolder();
    const rules = await read('alerts.yml');
    expect(rules).toContain(from);
    await writeFile(join(folder.path, 'alerts.yml'), rules.replaceAll(from, to));
    const cases = join(folder.path, 'alerts.test.yml');
    await writeFile(cases, await read('alerts.test.yml'));
    const tested = run(program, ['test', 'rules', cases], promtool);
    await expect(tested).rejects.toThrow(/FAILED/);
  });
});

describe('on a running path', () => {
  const redis = useServer('redis');

  test('the board has data, all is calm, and a stop and a loss are told', async (context) => {
    const { prometheus: program } = programsOr(context);
    await using folder = await temporaryFolder();
    const queue = `--brokers redis-streams --queue watched --store ${redis.storeFolder('watched')}`;
    const count = `count ${queue} --create --rule states --shards ${SHARDS} --metrics-port 0`;
    await using worker = redis.lab(count);
    const workerAddress = await metricsAddressOf(worker);
    await using gateway = redis.lab(`gateway ${queue} --port 0 --json --limiter off`);
    const gatewayUrl = await urlOf(gateway);
    await using prometheus = await Prometheus.start({
      ...{ program, folder: folder.path },
      targets: [
        { job: 'gateway', address: new URL(gatewayUrl).host },
        { job: 'count', address: workerAddress },
      ],
      // The same rules and the same questions, looked at more often and waited for less long.
      configuration: [
        ['scrape_interval: 5s', 'scrape_interval: 500ms'],
        ['scrape_timeout: 4s', 'scrape_timeout: 450ms'],
        ['evaluation_interval: 5s', 'evaluation_interval: 500ms'],
      ],
      alerts: [
        [/for: \w+/g, 'for: 1s'],
        ['{job!="lab"}) > 10', '{job!="lab"}) > 3'],
      ],
    });
    const load = new Load(gatewayUrl);
    await using _ = load;

    await comes('every question of the board has an answer', () => unanswered(prometheus), []);
    const { query } = readBoard().templating.list[0]!.query;
    const [, match, label] = /^label_values\((.*), (\w+)\)$/.exec(query)!;
    expect(await prometheus.labelValues(label!, match!)).toEqual(['redis-streams']);
    expect((await prometheus.query('sum(up)'))[0]!.value).toBe(2);
    expect(await firing(prometheus)).toEqual([]);

    // Seven of eight likes on one post: it is hot, and so is its shard.
    load.hotShare = 7 / 8;
    await comes(
      'the hot post is told',
      () => firing(prometheus),
      expect.arrayContaining(['LikesHotPost']),
    );
    const [hot] = (await prometheus.alerts()).filter(({ labels }) => labels.post !== undefined);
    expect(hot!.labels.post).toBe(load.posts[0]);
    load.hotShare = 0;

    worker.child.kill('SIGTERM');
    expect((await worker.ended()).code).toBe(0);
    await comes(
      'the stopped worker is told',
      () => firing(prometheus),
      expect.arrayContaining(['LikesLate']),
    );
    await load.stop();
    expect(await firing(prometheus)).not.toContain('LikesMissing');

    const lost = await loseSome(redis.server.endpoint.address, 'watched');
    await comes(
      'the loss is told',
      () => firing(prometheus),
      expect.arrayContaining(['LikesMissing']),
    );
    const rest = await redis.run(`count ${queue} --rule states --until-drained --json`);
    expect(rest.code, rest.stderr).toBe(0);
    await comes(
      'the lag is over',
      async () => (await firing(prometheus)).includes('LikesLate'),
      false,
    );
    // To the like, over the lives of two workers, since nothing is on its way any more.
    const drift = async () => (await prometheus.query('likes_counter_drift'))[0]?.value;
    await comes('the drift is what was lost', drift, lost);
    expect(await firing(prometheus)).toContain('LikesMissing');
  });
});

/** Where a counting process tells its metrics. */
async function metricsAddressOf(worker: LabProcess): Promise<string> {
  let said = '';
  worker.child.stderr!.on('data', (text: string) => {
    said += text;
  });
  await worker.says(/metrics at /);
  return new URL(/metrics at (\S+)/.exec(said)![1]!).host;
}

/** Likes for posts that fall evenly on the shards, until it is stopped. */
class Load implements AsyncDisposable {
  readonly posts = evenPosts();
  /** So many of the likes go to the first post. */
  hotShare = 0;
  readonly #url: string;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #given = 0;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const pause = sleep(TICK_MS);
      await Promise.all(Array.from({ length: LIKES_PER_TICK }, () => this.#give()));
      await pause;
    }
  }

  async #give(): Promise<void> {
    const given = this.#given++;
    const isHot = (given % 8) / 8 < this.hotShare;
    const post = isHot ? this.posts[0] : this.posts[given % this.posts.length];
    const response = await fetch(`${this.#url}/likes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: `u-${given}`, post, action: 'like', version: 1 }),
    });
    await response.arrayBuffer();
    if (response.status !== 202) throw new Error(`answered ${response.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function evenPosts(): string[] {
  const map = newSlotMap(SHARDS, {});
  const byShard = Array.from({ length: SHARDS }, (): string[] => []);
  for (let number = 0; byShard.some(({ length }) => length < POSTS_PER_SHARD); number++) {
    const post = `p-${number}`;
    const of = byShard[shardOfLike(map, { post, user: 'u' })]!;
    if (of.length < POSTS_PER_SHARD) of.push(post);
  }
  return byShard.flat();
}

/** Titles of the panels whose questions have no answer, or one that is no number. */
async function unanswered(prometheus: Prometheus): Promise<string[]> {
  const answers = await Promise.all(
    expressionsOf(readBoard()).map(async ({ title, expr }) => {
      const samples = await prometheus.query(expr.replaceAll('$broker', 'redis-streams'));
      const isTold = samples.length > 0 && samples.every(({ value }) => Number.isFinite(value));
      return isTold ? [] : [`${title}: ${expr}`];
    }),
  );
  return answers.flat();
}

async function firing(prometheus: Prometheus): Promise<string[]> {
  const alerts = await prometheus.alerts();
  return alerts.flatMap(({ state, labels }) => (state === 'firing' ? labels.alertname! : []));
}

/** Deletes what waits in one of the lanes; resolves with how many likes that were. */
async function loseSome(address: string, queue: string): Promise<number> {
  const [host, port] = address.split(':');
  const redis = new Redis({ host: host!, port: Number(port) });
  try {
    const streams = (await redis.keys(`*${queue}*`)).filter((key) => /:\d+$/.test(key));
    for (const stream of streams.sort()) {
      const groups = (await redis.xinfo('GROUPS', stream)) as string[][];
      const read = groups[0]![groups[0]!.indexOf('last-delivered-id') + 1]!;
      const waiting = await redis.xrange(stream, `(${read}`, '+');
      if (waiting.length > 1) return await redis.xdel(stream, ...waiting.map(([id]) => id));
    }
    throw new Error(`nothing waits in ${streams}`);
  } finally {
    redis.disconnect();
  }
}

/** Waits until something is as it should be, and says what it was last. */
async function comes<T>(what: string, look: () => Promise<T>, wanted: T): Promise<void> {
  await expect.poll(look, { timeout: COMES_MS_MAX, interval: 200, message: what }).toEqual(wanted);
}
