import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fetchServers } from '../../../brokers/servers/local/index.ts';
import { identityOf, isAlive } from '../../../brokers/servers/local/living.ts';
import { findRedis } from '../../../brokers/servers/local/programs.ts';
import {
  openRunFolder,
  reapDeadRuns,
  waitUntilEnded,
} from '../../../brokers/servers/local/runs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ENDED_TIMEOUT_MS = 10_000;
const LAB = fileURLToPath(new URL('fixtures/redis-lab.ts', import.meta.url));

async function startLab(labFolder: string, PATH?: string) {
  const lab = spawn(process.execPath, [LAB, labFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(PATH === undefined ? {} : { env: { PATH } }),
  });
  const [line] = await once(createInterface({ input: lab.stdout }), 'line');
  return { lab, ...(JSON.parse(line) as { pid: number; run: string; folder: string }) };
}

async function killAndReap(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test.runIf(process.platform === 'linux')('SIGKILL of a lab ends its servers', async () => {
  await using folder = await temporaryFolder();
  const { lab, pid } = await startLab(folder.path);
  const server = identityOf(pid)!;
  expect(isAlive(server)).toBe(true);
  await killAndReap(lab);
  await waitUntilEnded(server, ENDED_TIMEOUT_MS);
});

test('the next lab ends what a dead one left, removes its folder, spares the living', async () => {
  await using folder = await temporaryFolder();
  await using mine = await openRunFolder(folder.path);
  // Without `setpriv` on its PATH, a lab's servers outlive it, as on a system that has none.
  const programs = join(folder.path, 'programs');
  await mkdir(programs);
  const installed = await findRedis();
  if (installed !== undefined) await symlink(installed, join(programs, 'redis-server'));
  else await fetchServers(['redis'], () => {});
  const { lab, pid, run, folder: serverFolder } = await startLab(folder.path, programs);
  const bystander = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const [left, other] = [identityOf(pid)!, identityOf(bystander.pid!)!];
  // The same id with another start time: it was given to somebody else since.
  await mkdir(join(run, 'redis-other'));
  const reused = { ...other, startedAt: `${other.startedAt}0` };
  await writeFile(join(run, 'redis-other', 'process.json'), JSON.stringify(reused));

  expect(await reapDeadRuns(() => {}, folder.path)).toEqual([]);
  expect(await isThere(serverFolder)).toBe(true);
  await killAndReap(lab);
  expect(isAlive(left)).toBe(true);
  const lines: string[] = [];
  expect(await reapDeadRuns((line) => lines.push(line), folder.path)).toEqual([run]);
  expect(lines.join('\n')).toContain(`ended process ${left.pid}`);
  expect(isAlive(left)).toBe(false);
  expect(isAlive(other)).toBe(true);
  expect(await readdir(join(folder.path, 'runs'))).toEqual([mine.path.split('/').at(-1)]);
  await killAndReap(bystander);
});

test('a folder of another host stays', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'runs', 'elsewhere');
  await mkdir(path, { recursive: true });
  const dead = { pid: 2 ** 22 + 1, startedAt: '1' };
  const write = (host: string) =>
    writeFile(join(path, 'owner.json'), JSON.stringify({ ...dead, host }));
  await write(`not-${hostname()}`);
  const lines: string[] = [];
  expect(await reapDeadRuns((line) => lines.push(line), folder.path)).toEqual([]);
  expect(lines[0]).toMatch(/leaving .*elsewhere alone: it belongs to host not-/);
  await write(hostname());
  expect(await reapDeadRuns(() => {}, folder.path)).toEqual([path]);
});

test('a run folder is removed by its owner', async () => {
  await using folder = await temporaryFolder();
  const run = await openRunFolder(folder.path);
  expect(await isThere(run.path)).toBe(true);
  await run.remove();
  expect(await isThere(run.path)).toBe(false);
});

test('a place that cannot be written to is named in one line', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  for (const opened of [openRunFolder(file), reapDeadRuns(() => {}, file)]) {
    await expect(opened).rejects.toMatchObject({ code: 'LAB_FOLDER_UNUSABLE' });
    await expect(opened).rejects.toThrow(
      /^cannot write to .*file\/runs \(ENOTDIR\); free space.*$/,
    );
  }
});
