/** Two consumers of a user's own, one of them with a bug, on a real server, and then the gate. */
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sumOf } from '../../cli/load-consumer.ts';
import { readRun } from '../../lab/result-files.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { runLab } from './lab-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A consumer that is killed with a batch in its hands shows when it acknowledges. */
const FLAGS =
  'faults --faults consumer-kill --kills 1 --profile smoke --brokers redis-streams'.split(' ');
/** Two runs of some seconds each; much more on a machine that does something else as well. */
const TIMEOUT_MS = 480_000;
const ACKNOWLEDGES = '    await Promise.all(batch.map(acknowledge));\n';
const STORES = '    for (const { index, reason } of await handleMessages(';

/** A project of its own with the two files that consumers/README.md has one take. */
async function projectIn(folder: string, name: string, alter: (text: string) => string) {
  const project = join(folder, name);
  for (const part of ['consumers', 'likes']) await mkdir(join(project, part), { recursive: true });
  await copyFile(join(ROOT, 'likes', 'like.ts'), join(project, 'likes', 'like.ts'));
  await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction');
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  const template = await readFile(join(ROOT, 'consumers', 'redis-streams.ts'), 'utf8');
  const consumer = join(project, 'consumers', 'mine.ts');
  await writeFile(consumer, alter(template));
  return consumer;
}

/** What is acknowledged before it is stored is gone when the process dies between the two. */
function acknowledgingFirst(template: string): string {
  expect(template).toContain(ACKNOWLEDGES);
  expect(template).toContain(STORES);
  const declares = template.indexOf('    const acknowledge = ');
  const end = template.indexOf(ACKNOWLEDGES);
  const declaration = template.slice(declares, end);
  return template
    .replace(declaration + ACKNOWLEDGES, '')
    .replace(STORES, () => declaration + ACKNOWLEDGES + STORES);
}

test(
  'a good copy keeps the promise, one with a bug fails by name and at the gate',
  async () => {
    await using folder = await temporaryFolder();
    const run = async (name: string, alter: (text: string) => string) => {
      const consumer = await projectIn(folder.path, name, alter);
      const out = join(folder.path, `${name}-run`);
      const ended = await runLab([...FLAGS, '--consumer', consumer, '--out', out]);
      const { index, results } = readRun(join(out, 'index.json'));
      expect(results, ended.stderr).toHaveLength(1);
      expect(results[0]!.consumer).toEqual({ file: 'mine.ts', sha256: sumOf(consumer) });
      expect(index.command).toContain('--consumer mine.ts');
      expect(ended.stdout).toContain('redis-streams with mine.ts');
      return { out, ended, result: results[0]! };
    };
    const good = await run('good', (text) => text);
    expect(good.result.reasons).toEqual([]);
    expect(good.ended.code).toBe(0);
    const bad = await run('bad', acknowledgingFirst);
    expect(bad.result.reasons).toContainEqual(
      expect.stringMatching(/^\d+ lost: acknowledged, never/),
    );
    expect(bad.ended.code).toBe(1);

    const gate = await runLab(['compare', good.out, bad.out]);
    expect(gate.stdout).toMatch(/^Regression: promises newly broken in 1 trial\./);
    expect(gate.stdout).toMatch(
      /redis-streams at kill: another consumer: A mine\.ts \w+; B mine\.ts/,
    );
    expect(gate.code).toBe(1);
  },
  TIMEOUT_MS,
);
