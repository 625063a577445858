/**
 * Compose projects of labs: each name says which process made it, so that a later lab can end what
 * a dead one left, and never touches that of a living one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { identityOf } from '../local/living.ts';
import { ANSWER_TIMEOUT_MS, composeArgs, docker } from './docker.ts';

/** Containers get 15 s to end before SIGKILL; then volumes go. */
const DOWN_TIMEOUT_MS = 60_000;
const PROJECT = /^like-lab-([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}$/;
const PROJECT_LABEL = '{{.Label "com.docker.compose.project"}}';
const HAS_PROJECT = ['--filter', 'label=com.docker.compose.project'];

/** A project name that no other lab has. */
export function newProject(): string {
  const { pid, startedAt } = identityOf(process.pid)!;
  const random = randomBytes(4).toString('hex');
  return `like-lab-${digestOf(hostname())}-${pid}-${digestOf(startedAt)}-${random}`;
}

/** Ends the containers of a project and removes them with their volumes. */
export async function removeProject(project: string): Promise<void> {
  await docker(composeArgs(project, ['down', '--volumes', '--remove-orphans']), {
    timeoutMs: DOWN_TIMEOUT_MS,
  });
}

/**
 * Removes the projects that dead labs of this host left, and returns their names. A project whose
 * containers are gone may still have volumes.
 */
export async function reapDeadProjects(log: (line: string) => void): Promise<string[]> {
  const call = { timeoutMs: ANSWER_TIMEOUT_MS };
  const printed = [
    await docker(['ps', '--all', ...HAS_PROJECT, '--format', PROJECT_LABEL], call),
    await docker(['volume', 'ls', ...HAS_PROJECT, '--format', PROJECT_LABEL], call),
  ];
  const dead = [...new Set(printed.join('\n').split('\n'))].filter(isOfDeadLab);
  for (const project of dead) {
    await removeProject(project);
    log(`removed the containers of ${project}, whose lab has ended`);
  }
  return dead;
}

function isOfDeadLab(project: string): boolean {
  const found = PROJECT.exec(project);
  if (found === null || found[1] !== digestOf(hostname())) return false;
  const identity = identityOf(Number(found[2]));
  return identity === undefined || digestOf(identity.startedAt) !== found[3];
}

/** Project names hold few characters; the start time of a process may hold any. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
