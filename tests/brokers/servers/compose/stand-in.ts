/** Puts the stand-in for `docker` on PATH, alone. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('fixtures/stand-in-docker.ts', import.meta.url));

export interface Asked {
  readonly args: readonly string[];
  readonly ports: Readonly<Record<string, string>>;
}

export interface StandIn extends Disposable {
  /** To be put on PATH, and into STAND_IN_FOLDER. */
  readonly folder: string;
  /** All that it was asked, in order. */
  readonly asked: readonly Asked[];
  /** The commands of Compose, without project, file and profiles. */
  readonly composeCommands: readonly string[];
}

/**
 * By a pattern of its arguments, what it prints or fails with, once each and in order; then it
 * answers as one healthy container would.
 */
export function standInForDocker(
  answers: Readonly<Record<string, readonly { out?: string; error?: string }[]>> = {},
): StandIn {
  const folder = mkdtempSync(join(tmpdir(), 'like-lab-docker-'));
  const program = join(folder, 'docker');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  writeFileSync(join(folder, 'asked.jsonl'), '');
  vi.stubEnv('PATH', folder);
  vi.stubEnv('STAND_IN_FOLDER', folder);
  return {
    folder,
    get asked() {
      const lines = readFileSync(join(folder, 'asked.jsonl'), 'utf8').trim().split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Asked);
    },
    get composeCommands() {
      return this.asked
        .filter(({ args }) => args[0] === 'compose' && args[1] === '-p')
        .map(({ args }) => args.slice(7).join(' '));
    },
    [Symbol.dispose]() {
      vi.unstubAllEnvs();
      killLeftover(join(folder, 'redis.pid'), folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A test that failed in the middle may have left the real server behind. */
function killLeftover(pidFile: string, folder: string): void {
  if (!existsSync(pidFile)) return;
  const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
  if (state.Running === true) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
}
