/** The disk gets slow, as when others keep it busy: each fsync takes seconds. */
import { countFromNow, trouble, whyNoSyncs } from './disk.ts';
import type { Fault } from './fault.ts';
import { killServer, startAgain } from './kill-server.ts';
import { untilTrue, wait } from './waiting.ts';

const SYNC_DELAY_MS = 1_500;
const SLOW_MS = 3_000;
/** Redis syncs once a second, Kafka's controller twice even without load, ElasticMQ now and then:
 * it was seen to take more than 10 s. */
const SYNC_TIMEOUT_MS = 30_000;

/**
 * The disk of the kill stays slow for longer than Redis waits for a sync that is late: for 2 s
 * `everysec` acknowledges what it has not handed to the kernel. The kill comes within these 2 s.
 */
const KILL_SYNC_DELAY_MS = 2_500;
const KILL_AFTER_MS_MAX = 2_000;

export const slowDisk: Fault = {
  name: 'slow-disk',
  summary: `every fsync of the server takes ${SYNC_DELAY_MS / 1000} s longer for a while`,
  target: 'queue',
  equipment: ['disk'],
  whyNot: (_, server) => whyNoSyncs(server),
  async strike(stage) {
    const { server, clock } = stage;
    const disk = server.disk!;
    const { pid } = server;
    const set = (isOn: boolean) => disk.delaySyncs(isOn ? SYNC_DELAY_MS : 0);
    const times = { proofMsMax: SYNC_TIMEOUT_MS, lastsMs: SLOW_MS };
    const syncsDelayed = await trouble({ disk, proof: 'syncsDelayed', set, ...times }, stage);
    const facts = { pid: pid!, syncDelayMs: SYNC_DELAY_MS, syncsDelayed };
    const recoversFromUs = clock.nowUs();
    const endedByItself = server.pid === undefined;
    await server.start();
    const doubts = syncsDelayed > 0 ? [] : ['the server synced nothing meanwhile'];
    return { facts: { ...facts, endedByItself }, doubts, recoversFromUs };
  },
};

export const slowDiskKill: Fault = {
  name: 'slow-disk-kill',
  summary: 'SIGKILL of the server in the middle of a slow fsync, and a restart',
  target: 'server',
  equipment: ['disk'],
  // What was counted before the kill cannot be lost any more.
  holdS: 0.7,
  whyNot: (_, server) => whyNoSyncs(server),
  async strike(stage) {
    const { server, random } = stage;
    const disk = server.disk!;
    const syncsDelayed = countFromNow(disk, 'syncsDelayed');
    disk.delaySyncs(KILL_SYNC_DELAY_MS);
    try {
      await untilTrue(() => syncsDelayed() > 0, SYNC_TIMEOUT_MS, stage);
      await wait(random.nextBelow(KILL_AFTER_MS_MAX), stage);
      const killed = await killServer(stage);
      const { syncsUnderWay } = disk.counts();
      // A start on a slow disk takes Kafka longer than anybody waits, and would show nothing.
      disk.delaySyncs(0);
      await startAgain(stage);
      const delayed = { syncDelayMs: KILL_SYNC_DELAY_MS, syncsDelayed: syncsDelayed() };
      const proof = killed.restarted({ ...delayed, syncsUnderWay });
      const doubts = syncsUnderWay > 0 ? [] : ['no sync was under way when the server died'];
      return { ...proof, doubts: [...proof.doubts, ...doubts] };
    } finally {
      disk.delaySyncs(0);
    }
  },
};
