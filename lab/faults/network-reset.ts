/** All connections end at once, several times in a row, as when a load balancer is restarted. */
import { readFileSync } from 'node:fs';
import type { Fault, Stage } from './fault.ts';
import { whyNoProxy } from './network-silence.ts';
import { untilSending, wait } from './waiting.ts';

/** The second and third meet clients that are still coming back. */
const RESETS = 3;
/** The templates connect again after 250 to 500 ms. */
const PAUSE_MS = 300;
const TCP_COUNTERS = '/proc/net/snmp';

export const networkReset: Fault = {
  name: 'network-reset',
  summary: `every connection ends by RST, ${RESETS} times ${PAUSE_MS} ms apart`,
  target: 'network',
  equipment: ['network'],
  whyNot: (_, server) => whyNoProxy(server),
  async strike(stage) {
    await untilSending(stage);
    const sentBefore = resetsSent();
    const connectionsReset = await resetAgainAndAgain(stage);
    const recoversFromUs = stage.clock.nowUs();
    const sentAfter = resetsSent();
    const facts = { connectionsReset: connectionsReset.join(', ') };
    const doubts = connectionsReset[0] === 0 ? ['there was no connection to end'] : [];
    if (sentBefore === undefined || sentAfter === undefined) {
      return { facts, doubts, recoversFromUs };
    }
    const resetsBySystem = sentAfter - sentBefore;
    if (resetsBySystem < sumOf(connectionsReset)) {
      doubts.push(`the system sent ${resetsBySystem} RSTs, fewer than connections were to end`);
    }
    return { facts: { ...facts, resetsBySystem }, doubts, recoversFromUs };
  },
};

/** How many connections each reset ended. */
async function resetAgainAndAgain(stage: Stage): Promise<number[]> {
  const { proxy } = stage;
  const ended = [proxy!.reset()];
  while (ended.length < RESETS) {
    await wait(PAUSE_MS, stage);
    ended.push(proxy!.reset());
  }
  return ended;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** RSTs that this machine has sent since it started; undefined where the system does not tell. */
function resetsSent(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [names, values] = readFileSync(TCP_COUNTERS, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('OutRsts') ?? -1]);
}
