import { expect, test, vi } from 'vitest';
import { checkDocker, docker } from '../../../../brokers/servers/compose/docker.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { standInForDocker } from './stand-in.ts';

test('a daemon and Compose that are new enough pass', async () => {
  using _docker = standInForDocker();
  await checkDocker();
});

const NO_DAEMON =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?';

test.each<[string, Parameters<typeof standInForDocker>[0], RegExp]>([
  [
    'a daemon that does not answer',
    { '^version': [{ error: NO_DAEMON }] },
    /^no Docker daemon answers \(Cannot connect .*\); start Docker and run again, or choose/,
  ],
  [
    'an old daemon',
    { '^version': [{ out: '24.0.9' }] },
    /^the Docker daemon is 24\.0\.9; install Docker 25 .* or newer/,
  ],
  [
    'no Compose',
    { '^compose version': [{ error: "docker: 'compose' is not a docker command." }] },
    /^docker has no command `compose`; install Docker 25 and its Compose plugin 2\.24/,
  ],
  [
    'an old Compose',
    { '^compose version': [{ out: 'v2.20.3' }] },
    /^Docker Compose is v2\.20\.3; install .*--runtime local or external$/,
  ],
])('%s is one line that says what to do', async (_what, answers, line) => {
  using _docker = standInForDocker(answers);
  await expect(checkDocker()).rejects.toThrow(line);
});

test('no docker on PATH is one line too', async () => {
  await using folder = await temporaryFolder();
  vi.stubEnv('PATH', folder.path);
  await expect(checkDocker()).rejects.toThrow(/^there is no docker on PATH; install Docker 25/);
  vi.unstubAllEnvs();
});

test('a command that fails shows its last words, and one without an end is ended', async () => {
  using _docker = standInForDocker({ '^frobnicate': [{ error: 'no such command' }] });
  await expect(docker(['frobnicate'], { timeoutMs: 10_000 })).rejects.toThrow(
    /^docker frobnicate failed \(exit code 1\); correct .*:\n {2}\| no such command$/,
  );
  // No program of Node starts within a millisecond.
  await expect(docker(['version', 'x'], { timeoutMs: 1 })).rejects.toThrow(
    /docker version x did not end within 0\.001 s/,
  );
});
