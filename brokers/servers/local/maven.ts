/** Runs Maven, which brings the jars: it knows the user's mirrors, proxies and repositories. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LocalServerError } from './errors.ts';

const MAVEN_TIMEOUT_MS = 540_000;
const LAST_LINES = 12;

/**
 * Resolves when Maven has ended well. `onLine` gets each line that Maven prints.
 * @throws LocalServerError MAVEN_FAILED with the last lines of its output
 */
export async function runMaven(
  file: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(file, ['--batch-mode', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MAVEN_TIMEOUT_MS,
  });
  const lines: string[] = [];
  const keep = (line: string) => {
    onLine(line);
    if (line.trim() !== '') lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
  };
  createInterface({ input: child.stdout }).on('line', keep);
  createInterface({ input: child.stderr }).on('line', keep);
  const [code, signal] = await once(child, 'close').catch((cause: unknown) => {
    throw new LocalServerError('MAVEN_FAILED', `${file} cannot be run; reinstall Maven`, { cause });
  });
  if (code === 0) return;
  const how = signal ? `was ended by ${signal} (limit ${MAVEN_TIMEOUT_MS / 1000} s)` : 'failed';
  throw new LocalServerError(
    'MAVEN_FAILED',
    `Maven ${how} with code ${code}; if this machine is offline, connect it, else correct what ` +
      "Maven's last lines name, and run again:",
    { lines },
  );
}
