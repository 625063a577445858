/** The server dies: SIGKILL, and a start on the same data. */
import type { Fault } from './fault.ts';
import { killServer, startAgain } from './kill-server.ts';

export const serverKill: Fault = {
  name: 'server-kill',
  summary: 'SIGKILL of the server process with likes waiting in it, and a restart',
  target: 'server',
  holdS: 0.7,
  async strike(stage) {
    const killed = await killServer(stage);
    await startAgain(stage);
    return killed.restarted();
  },
};
