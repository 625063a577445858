/**
 * The disk of the server is full for a while. What the server then does is its own affair: some
 * refuse writes and go on, some end, and some stay and never work again. Whoever does not work
 * when there is room again is started anew, as people would do it.
 */
import { fill, whyNoDisk } from './disk.ts';
import type { Fault, Stage } from './fault.ts';
import { untilTrue, wait } from './waiting.ts';

const FULL_MS = 2_000;
/** Under load something is written at once; a server that has stopped working writes nothing. */
const WRITE_TIMEOUT_MS = 10_000;
/** Kafka ends within half a second of the first write that fails, Redis `always` at once. By then
 * the workers have also told of all that was acknowledged before. */
const END_TIMEOUT_MS = 1_500;
/** A producer that waits for an answer gives it up after 10 s, and pauses before it tries again. */
const WORK_TIMEOUT_MS = 20_000;
/** What it acknowledged in this time before, it has to acknowledge again, or it does not work. */
const USUAL_MS = 1_000;

export const serverDiskFull: Fault = {
  name: 'server-disk-full',
  summary: `no room on the disk of the server for ${FULL_MS / 1000} s; started anew if it needs to`,
  target: 'server',
  fillsDisk: true,
  equipment: ['disk'],
  whyNot: (_, server) => whyNoDisk(server),
  async strike(stage) {
    const { server, crew, clock } = stage;
    const usual = await acknowledgedWithin(USUAL_MS, stage);
    const pid = server.pid ?? 0;
    const times = { proofMsMax: WRITE_TIMEOUT_MS, lastsMs: FULL_MS };
    const writesRefused = await fill(server.disk!, times, stage);
    let recoversFromUs = clock.nowUs();
    const endedByItself = await untilTrue(() => server.pid === undefined, END_TIMEOUT_MS, stage);
    // One that hangs may acknowledge a send now and then, when some time limit of its own is over.
    const enough = crew.acknowledged + Math.max(usual, 1);
    const works = () => crew.acknowledged >= enough;
    const hung = !endedByItself && !(await untilTrue(works, WORK_TIMEOUT_MS, stage));
    if (hung) {
      await server.kill();
      recoversFromUs = clock.nowUs();
    }
    await server.start();
    const facts = { pid, pidAfter: server.pid ?? 0, writesRefused, endedByItself, hung };
    const doubts = writesRefused > 0 ? [] : ['the server wrote nothing while its disk was full'];
    return { facts, doubts, recoversFromUs };
  },
};

/** As the producers say, who tell of it twice a second. */
async function acknowledgedWithin(timeMs: number, stage: Stage): Promise<number> {
  const before = stage.crew.acknowledged;
  await wait(timeMs, stage);
  return stage.crew.acknowledged - before;
}
