/** The lab's own server as a process of this machine; its protocol is in null-server.ts. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Recipe } from './local-server.ts';
import { HOST } from './process.ts';

const ANSWER_TIMEOUT_MS = 1_000;
const ENTRY = fileURLToPath(new URL('null.ts', import.meta.url));
const settings = z.object({ pid: z.string() });

async function answers(port: number, pid: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(`http://${HOST}:${port}/settings`, { signal });
  return settings.parse(await response.json()).pid === String(pid);
}

export const nullServer: Recipe = {
  name: 'null',
  title: 'The null server',
  tiers: ['memory'],
  ports: 1,
  versionLine: /null server (\d+)/,
  prepare: async () => process.execPath,
  command: async ({ ports, prepared }) => ({
    file: prepared,
    args: [ENTRY, String(ports[0])],
    answers: (pid) => answers(ports[0]!, pid),
  }),
};
