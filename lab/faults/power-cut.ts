/** The power goes: the server dies, and with it whatever no fsync had brought to the disk. */

import { whyNoDisk } from './disk.ts';
import type { Fault } from './fault.ts';
import { killServer, startAgain } from './kill-server.ts';

export const powerCut: Fault = {
  name: 'power-cut',
  summary: 'SIGKILL of the server, its files cut back to their last fsync, and a restart',
  target: 'power',
  equipment: ['disk'],
  holdS: 0.7,
  whyNot(_, server) {
    const whyNot = whyNoDisk(server);
    if (whyNot !== undefined || server.disk?.cutBack !== undefined) return whyNot;
    return `${server.title} writes in place: nobody can tell from outside what would be left`;
  },
  async strike(stage) {
    const { server } = stage;
    const disk = server.disk!;
    const killed = await killServer(stage);
    const { syncs } = disk.counts();
    const { files, bytes } = await disk.cutBack!();
    await startAgain(stage);
    const proof = killed.restarted({ filesCut: files, bytesCut: bytes, syncs });
    // Whoever syncs before each acknowledgement has synced by now, or the library missed it.
    const isBlind = server.tier === 'power' && syncs === 0;
    const doubts = isBlind ? ['the library has seen no sync of this server'] : [];
    return { ...proof, doubts: [...proof.doubts, ...doubts] };
  },
};
