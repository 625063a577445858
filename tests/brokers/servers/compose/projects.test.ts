import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { newProject, reapDeadProjects } from '../../../../brokers/servers/compose/projects.ts';
import { standInForDocker } from './stand-in.ts';

const silent = () => {};

/** The name that a process with this id, of the same host, would have made for a project. */
function projectOf(pid: number): string {
  return newProject().replace(`-${process.pid}-`, `-${pid}-`);
}

test('what a dead lab left is removed, and nothing else', async () => {
  const mine = newProject();
  // Its id is free again: it was reaped when spawnSync returned.
  const dead = projectOf(spawnSync(process.execPath, ['--version']).pid);
  // The id of the test runner's parent, which started at another time than that lab.
  const idUsedAgain = projectOf(process.ppid);
  const volumesOnly = `${dead.slice(0, -8)}00000000`;
  const ofAnotherHost = mine.replace(/^like-lab-[0-9a-f]{8}/, 'like-lab-00000000');
  const listed = [mine, dead, dead, idUsedAgain, ofAnotherHost, 'like-lab', 'somebody-s', ''];
  using docker = standInForDocker({
    '^ps ': [{ out: listed.join('\n') }],
    '^volume ls': [{ out: [dead, volumesOnly, mine].join('\n') }],
  });
  const wanted = [dead, idUsedAgain, volumesOnly];
  expect(await reapDeadProjects(silent)).toEqual(wanted);
  const removed = docker.asked.filter(({ args }) => args.includes('down'));
  expect(removed.map(({ args }) => args[2])).toEqual(wanted);
  for (const { args } of removed) {
    expect(args.slice(-3)).toEqual(['down', '--volumes', '--remove-orphans']);
  }
});

test('every project has a name that Compose allows and no other lab has', () => {
  const names = [newProject(), newProject()];
  expect(names[0]).not.toBe(names[1]);
  for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
});
