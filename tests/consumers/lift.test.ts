import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { importsOf, packageOf } from '../source-imports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOAD_LIMIT_MS = 20_000;

/** Prints the names of the functions that a module exports. */
const SHOW_EXPORTS = `
const found = await import(process.argv[1]);
console.log(JSON.stringify(Object.keys(found).filter((name) => typeof found[name] === 'function')));
`;

/** The client, and the loop around it that its users run: sqs-consumer is one. */
const LIBRARIES_MAX = { consumers: 2, producers: 1 } as const;

const NAMES = { consumers: /^open\w+Consumer$/, producers: /^open\w+Producer$/ } as const;

describe.each(['consumers', 'producers'] as const)('%s', (folder) => {
  const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.ts'));

  test('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(3);
  });

  test.each(files)('%s and likes/like.ts are all that one has to copy', async (file) => {
    await using elsewhere = await temporaryFolder();
    for (const path of [join(folder, file), join('likes', 'like.ts')]) {
      await mkdir(join(elsewhere.path, path, '..'), { recursive: true });
      await copyFile(join(ROOT, path), join(elsewhere.path, path));
    }
    await symlink(join(ROOT, 'node_modules'), join(elsewhere.path, 'node_modules'), 'junction');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', SHOW_EXPORTS, join(elsewhere.path, folder, file)],
      { cwd: elsewhere.path, timeout: LOAD_LIMIT_MS },
    );
    // Node warns of a module without a package.json, which everybody's project has.
    expect(stderr).not.toMatch(/Error/);
    const exported = JSON.parse(stdout) as string[];
    expect(exported).toHaveLength(1);
    expect(exported[0]).toMatch(NAMES[folder]);
  });

  test.each(files)('%s imports its client library, Node and likes/like.ts only', async (file) => {
    const targets = importsOf(await readFile(join(ROOT, folder, file), 'utf8'));
    const others = targets.filter((target) => !target.startsWith('node:'));
    const libraries = others.filter((target) => target !== '../likes/like.ts');
    expect(others).toContain('../likes/like.ts');
    expect(libraries.map(packageOf)).toEqual(libraries);
    expect(libraries.length, String(libraries)).toBeLessThanOrEqual(LIBRARIES_MAX[folder]);
  });
});

test('a consumer and a producer of each broker speak the same client library', async () => {
  for (const file of readdirSync(join(ROOT, 'consumers')).filter((name) => name.endsWith('.ts'))) {
    const [consumer, producer] = await Promise.all(
      ['consumers', 'producers'].map(async (folder) =>
        importsOf(await readFile(join(ROOT, folder, file), 'utf8')).filter(
          (target) => packageOf(target) !== undefined,
        ),
      ),
    );
    expect(consumer, file).toEqual(expect.arrayContaining(producer!));
    expect(producer!.length, file).toBe(Math.min(1, consumer!.length));
  }
});
