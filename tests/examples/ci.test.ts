/** The example workflow: a real one, whose every command and flag the project has. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { BROKERS } from '../../brokers/index.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'examples', 'ci');
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const TEXT = readFileSync(join(FOLDER, 'queue-lab.yml'), 'utf8');

const stepSchema = z.strictObject({
  name: z.string().optional(),
  uses: z
    .string()
    .regex(/^actions\/[\w-]+@v\d+$/)
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  run: z.string().optional(),
  if: z.string().optional(),
});

const workflow = z
  .strictObject({
    name: z.string(),
    on: z.strictObject({ pull_request: z.strictObject({ paths: z.array(z.string()) }) }),
    permissions: z.strictObject({ contents: z.literal('read') }),
    concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }),
    env: z.record(z.string(), z.union([z.string(), z.number()])),
    jobs: z.strictObject({
      compare: z.strictObject({
        'runs-on': z.string(),
        'timeout-minutes': z.int().positive(),
        defaults: z.strictObject({
          run: z.strictObject({ shell: z.literal('bash'), 'working-directory': z.literal('lab') }),
        }),
        steps: z.array(stepSchema),
      }),
    }),
  })
  .parse(parse(TEXT));
const { steps } = workflow.jobs.compare;
const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const { scripts: known } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Each `npm run` of a text: the script of package.json, and the flags behind it. */
function commandsIn(text: string): { script: string; flags: string[] }[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  return [...joined.matchAll(/npm run (?:--silent )?([\w-]+)([^\n|>]*)/g)].map(
    ([, script, rest]) => ({ script: script!, flags: rest!.match(/--[a-z][\w-]*/g) ?? [] }),
  );
}

function helpOf(script: string): string {
  const words = known[script]!.split(' ').slice(1);
  const { stdout } = spawnSync(process.execPath, [...words, '--help'], { cwd: ROOT });
  return stdout.toString();
}

/** The runner's own way to start a script, with an `npm` that ends as the test wants. */
async function runStep(name: string, npmExitCode: number) {
  await using folder = await temporaryFolder();
  const [lab, bin] = [join(folder.path, 'lab'), join(folder.path, 'bin')];
  for (const made of [lab, bin, join(folder.path, 'runs')]) await mkdir(made);
  const npm = `#!/bin/sh\necho "npm $*"\nexit ${npmExitCode}\n`;
  await writeFile(join(bin, 'npm'), npm, { mode: 0o755 });
  const script = join(folder.path, 'script.sh');
  await writeFile(script, steps.find((step) => step.name === name)!.run!);
  const summary = join(folder.path, 'summary.md');
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd: lab,
    env: {
      ...Object.fromEntries(Object.entries(workflow.env).map(([key, value]) => [key, `${value}`])),
      PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  return { status, summary: existsSync(summary) ? await readFile(summary, 'utf8') : '' };
}

describe('the example workflow', () => {
  test('either uses an action or runs a script in each step, with nothing undefined', () => {
    expect(steps.length).toBeGreaterThan(8);
    for (const { uses, run } of steps) expect([uses, run].filter(Boolean)).toHaveLength(1);
    const given = new Set([...Object.keys(workflow.env), 'GITHUB_STEP_SUMMARY', 'code']);
    const used = scripts.join('\n').matchAll(/\$\{?([A-Za-z_]\w*)/g);
    expect([...used].map(([, name]) => name!).filter((name) => !given.has(name))).toEqual([]);
  });

  test('takes nothing that a pull request names into a shell', () => {
    expect(scripts.join('\n')).not.toContain('${{');
    expect(TEXT).not.toContain('pull_request_target');
  });

  test('measures both sides alike', () => {
    const script = (name: string) => steps.find((step) => step.name === name)!.run!;
    expect(script('Measure before').replaceAll('before', 'after')).toBe(script('Measure after'));
    expect(Number(workflow.env.REPEATS)).toBeGreaterThanOrEqual(6);
    expect(BROKERS).toHaveProperty(String(workflow.env.BROKER));
  });

  test('and its README have only commands and flags that the project has', () => {
    const commands = [...scripts, README].flatMap(commandsIn);
    const names = [...new Set(commands.map(({ script }) => script))];
    expect(names.sort()).toEqual(['compare', 'faults', 'throughput']);
    for (const name of names) {
      expect(Object.keys(known)).toContain(name);
      const help = helpOf(name);
      const flags = commands.filter(({ script }) => script === name).flatMap((one) => one.flags);
      expect(flags.length).toBeGreaterThan(0);
      for (const flag of flags) expect(help).toContain(`${flag} `);
    }
  });

  test.each([
    ['Measure before', 0, 0],
    ['Measure before', 1, 0],
    ['Measure after', 2, 1],
    ['Measure after', 64, 1],
    ['Kill the new one with likes in its hands', 1, 1],
    ['Compare', 0, 0],
    ['Compare', 1, 1],
    ['Compare', 2, 2],
  ])('%s: where the lab exits with %i the step exits with %i', async (name, npm, expected) => {
    const { status, summary } = await runStep(name, npm);
    expect(status).toBe(expected);
    if (name === 'Compare') expect(summary).toContain('npm run --silent compare -- ../runs/before');
  });

  test('its README names the function of every broker', () => {
    for (const [name, { consumerFunction }] of Object.entries(BROKERS)) {
      if (name === 'null') continue;
      const row = README.split('\n').find(
        (line) => line.trim().startsWith('|') && line.includes(`\`${name}\``),
      );
      expect(row).toContain(`\`${consumerFunction}\``);
    }
  });
});
