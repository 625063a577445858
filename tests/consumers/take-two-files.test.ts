/** Does what consumers/README.md says, word for word, and counts likes from the real server. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SQS } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import type { Like } from '../../likes/like.ts';
import {
  type BrokerUnderTest,
  LANES,
  madeLikes,
  until,
  useBroker,
} from '../brokers/broker-under-test.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { urlOf } from '../brokers/sqs-under-test.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'consumers', 'README.md'), 'utf8');
const LIKES = 1_000;
const SENT_AGAIN = 100;
const COUNTED_LIMIT_MS = 30_000;

/** The null server is the lab's own; there is nothing to take. */
const names = Object.keys(BROKERS).filter((name) => name !== 'null');

/** One file does for both kinds of SQS queue. */
const fileOf = (name: string) => (name === 'sqs-fifo' ? 'sqs' : name);

interface Recipe {
  readonly files: readonly string[];
  /** Such as `kafkajs@2.2.4`. */
  readonly packages: readonly string[];
  readonly program: string;
}

function sectionWith(text: string): string {
  const found = README.split(/^## /m).filter((section) => section.includes(text));
  expect(found, `sections with ${text}`).toHaveLength(1);
  return found[0]!;
}

function blockOf(section: string, language: 'ts' | 'sh', place = 0): string {
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))];
  return blocks[place]![1]!;
}

function recipeOf(name: string): Recipe {
  const section = sectionWith(`Copy \`consumers/${fileOf(name)}.ts\``);
  const copy = /^Copy (.*?), with their folders\. `npm install (.*?)`$/m.exec(section)!;
  return {
    files: copy[1]!.split(' and ').map((file) => file.replaceAll('`', '')),
    packages: copy[2]!.split(' '),
    program: blockOf(section, 'ts'),
  };
}

/** Changes what a reader is told to change, and nothing else. */
function withValues(program: string, values: Record<string, unknown>): string {
  return program.replace(/^const (\w+) = .*; \/\/ Yours\.$/gm, (line, name: string) => {
    expect(Object.keys(values), line).toContain(name);
    return `const ${name} = ${JSON.stringify(values[name])};`;
  });
}

/** Where the queue is, in all the words that the programs have for it. */
async function valuesOf(
  { broker, server }: BrokerUnderTest,
  queue: string,
): Promise<Record<string, unknown>> {
  const { address } = server.endpoint;
  const [host, port] = address.split(':');
  const values = { address, host, port: Number(port), queue, lanes: LANES };
  if (fileOf(broker.name) !== 'sqs') return values;
  const ending = broker.name === 'sqs-fifo' ? '.fifo' : '';
  const client = {
    region: 'elasticmq',
    endpoint: `http://${address}`,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
  const sqs = new SQS(client);
  try {
    return {
      client,
      queueUrl: await urlOf(sqs, queue + ending),
      deadLetterQueueUrl: await urlOf(sqs, `${queue}-dead-letters${ending}`),
    };
  } finally {
    sqs.destroy();
  }
}

/** Only what the README has one install can be imported there. */
async function install(folder: string, packages: readonly string[]): Promise<void> {
  for (const name of packages) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link, 'junction');
  }
}

const nameIn = (pinned: string) => pinned.slice(0, pinned.lastIndexOf('@'));

/** What the program has written so far; nothing before it has made its tables. */
function countsIn(folder: string): { counts: unknown[]; seen: number } {
  const database = new DatabaseSync(join(folder, 'counts.sqlite'));
  try {
    return {
      counts: database
        .prepare('SELECT post, likes, unlikes FROM counts ORDER BY post')
        .all()
        .map((row) => ({ ...row })),
      seen: Number(database.prepare('SELECT count(*) AS n FROM seen').get()!.n),
    };
  } finally {
    database.close();
  }
}

function expectedCounts(likes: readonly Like[]): unknown[] {
  const counts = new Map<string, { post: string; likes: number; unlikes: number }>();
  for (const { post, action } of likes) {
    const count = counts.get(post) ?? { post, likes: 0, unlikes: 0 };
    count[`${action}s`]++;
    counts.set(post, count);
  }
  return [...counts.values()].sort((one, other) => (one.post < other.post ? -1 : 1));
}

function start(folder: string): { child: ChildProcess; errors: () => string } {
  const child = spawn(process.execPath, ['count.ts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return { child, errors: () => errors };
}

test('the README has every package at the version that the lab measures', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  const pinned = [...README.matchAll(/`npm install (?:--save-dev )?(.*?)`/g)].flatMap(([, list]) =>
    list!.split(' '),
  );
  expect(pinned.length).toBeGreaterThanOrEqual(names.length);
  for (const one of pinned) expect(one).toBe(`${nameIn(one)}@${versions[nameIn(one)]}`);
});

describe.each(names)('%s', (name) => {
  const subject = useBroker(name, BROKERS[name]!.tiers[0]!);

  test('two files, the packages and the lines of the README count each like once', async () => {
    await using elsewhere = await temporaryFolder();
    const folder = elsewhere.path;
    const { files, packages, program } = recipeOf(name);
    expect(files).toEqual([`consumers/${fileOf(name)}.ts`, 'likes/like.ts']);
    for (const file of files) {
      await mkdir(join(folder, dirname(file)), { recursive: true });
      await copyFile(join(ROOT, file), join(folder, file));
    }
    await install(folder, [...packages.map(nameIn), '@types/node']);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'counts.ts'), blockOf(sectionWith('as `counts.ts`'), 'ts'));
    const queue = await subject.freshQueue();
    const values = await valuesOf(subject, queue);
    await writeFile(join(folder, 'count.ts'), withValues(program, values));

    const check = blockOf(sectionWith('npx tsc'), 'sh', 1).trim().split(' ').slice(2);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await promisify(execFile)(process.execPath, [tsc, ...check], { cwd: folder }).catch(
      (error: { stdout: string }) => expect.fail(error.stdout),
    );

    const likes = madeLikes(LIKES);
    {
      await using producer = await subject.broker.openProducer(queue);
      const { likesPerSend } = subject.broker.habits;
      const all = [...likes, ...likes.slice(0, SENT_AGAIN)];
      for (let from = 0; from < all.length; from += likesPerSend) {
        await producer.send(all.slice(from, from + likesPerSend));
      }
    }
    const { child, errors } = start(folder);
    const exited = once(child, 'exit');
    try {
      // Nothing is left in the queue only when all that was counted is acknowledged as well.
      await until(`${name} is drained`, COUNTED_LIMIT_MS, async () => {
        if (child.exitCode !== null) expect.fail(errors());
        const { waiting, unacknowledged } = await subject.broker.backlog(queue);
        return waiting === 0 && unacknowledged === 0;
      });
      expect(countsIn(folder)).toEqual({ counts: expectedCounts(likes), seen: LIKES });
    } finally {
      child.kill('SIGTERM');
    }
    expect(await exited, errors()).toEqual([0, null]);
    expect(await subject.broker.backlog(queue)).toEqual({
      waiting: 0,
      unacknowledged: 0,
      parked: 0,
    });
  });
});
