/** What a result says of where it was made: enough to compare, no names and no paths. */
import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

const GIT_TIMEOUT_MS = 5_000;

export function describeMachine(): Record<string, string> {
  return {
    system: `${type()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'not told',
    cores: String(availableParallelism()),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
  };
}

/** The commit of the checkout, with `+` when files differ from it; `unknown` outside of one. */
export async function describeCommit(folder: string): Promise<string> {
  const git = async (...words: string[]) => {
    const options = { cwd: folder, timeout: GIT_TIMEOUT_MS };
    return (await promisify(execFile)('git', words, options)).stdout.trim();
  };
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    // Result files and tables are what a run writes itself; they do not change what it measures.
    const changed = await git('status', '--porcelain', '--', '.', ':!results', ':!README.md');
    return changed === '' ? commit : `${commit}+`;
  } catch {
    return 'unknown';
  }
}
