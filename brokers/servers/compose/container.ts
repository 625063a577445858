/** What Docker and the kernel say of one container. */
import { z } from 'zod';
import type { ServerUsage } from '../server.ts';
import { ANSWER_TIMEOUT_MS, docker } from './docker.ts';

const stateSchema = z.object({
  Running: z.boolean(),
  /** 0 when nothing runs. On Linux the id that the whole machine knows the process by. */
  Pid: z.int().nonnegative(),
  ExitCode: z.int(),
  OOMKilled: z.boolean(),
});
export type ContainerState = z.infer<typeof stateSchema>;

/** A process that a signal ended exits with 128 and the number of the signal; SIGKILL is 9. */
const EXIT_CODE_OF_SIGKILL = 137;

export async function stateOf(container: string): Promise<ContainerState> {
  const text = await docker(['inspect', '--format', '{{json .State}}', container], {
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  return stateSchema.parse(JSON.parse(text));
}

/** How a container that has ended did so, in the words of a `KillProof`. */
export function endOf(state: ContainerState): string {
  // The kernel sends SIGKILL as well when memory runs out.
  if (state.OOMKilled) return 'SIGKILL for want of memory';
  return state.ExitCode === EXIT_CODE_OF_SIGKILL ? 'SIGKILL' : `exit code ${state.ExitCode}`;
}

/**
 * Prints what the container's control group has used since it started, and what its data folder
 * occupies. `docker stats` knows no processor time, only percentages of the last moment.
 */
export function usageCommand(dataFolder: string): string[] {
  return [
    'sh',
    '-c',
    `cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/memory.stat; du -sk ${dataFolder}`,
  ];
}

/** Undefined on machines whose kernel does not have control groups of version 2. */
export function usageIn(printed: string): ServerUsage | undefined {
  const number = (pattern: RegExp) => {
    const found = pattern.exec(printed)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const cpuUs = number(/^usage_usec (\d+)$/m);
  const ownBytes = number(/^anon (\d+)$/m);
  const mappedBytes = number(/^file_mapped (\d+)$/m);
  const diskKiB = number(/^(\d+)\s+\//m);
  if (cpuUs === undefined || ownBytes === undefined || diskKiB === undefined) return undefined;
  // As resident memory of a process is: its own pages and those of files that it has mapped.
  return { cpuUs, memoryBytes: ownBytes + (mappedBytes ?? 0), diskBytes: diskKiB * 1024 };
}
