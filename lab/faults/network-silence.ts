/** A network that loses packets without telling anybody, as both faults of that kind need it. */
import type { Server } from '../../brokers/servers/server.ts';
import { whatHolds } from '../what-holds.ts';
import type { Proof, Stage } from './fault.ts';
import type { Cut } from './proxy.ts';
import { untilSending, wait } from './waiting.ts';

/** Why no proxy can stand before a server; Kafka has to be told of it at its start, for one. */
export function whyNoProxy(server: Server): string | undefined {
  return server.runtime === 'local' ? undefined : 'only servers of the runtime local have a proxy';
}

/** Cuts while a send is under way, for so long, and heals whatever happens. */
export async function silence(stage: Stage, cut: Cut, forS: number): Promise<Proof> {
  await untilSending(stage);
  const facts = await cutFor(stage, cut, forS);
  const recoversFromUs = stage.clock.nowUs();
  return { facts: { silentS: forS, ...facts }, doubts: doubtsOf(cut, facts), recoversFromUs };
}

interface Silence {
  readonly connections: number;
  /** Right before the network came back. */
  readonly heldRequestBytes: number;
  readonly heldReplyBytes: number;
  /** Between the cut and then. */
  readonly passedRequestBytes: number;
  readonly passedReplyBytes: number;
}

async function cutFor(stage: Stage, cut: Cut, forS: number): Promise<Silence> {
  const { proxy } = stage;
  const before = proxy!.counts().passedBytes;
  proxy!.cut(cut);
  try {
    await wait(forS * 1000, stage);
    const { connections, heldBytes, passedBytes } = proxy!.counts();
    return {
      connections,
      heldRequestBytes: heldBytes.requests,
      heldReplyBytes: heldBytes.replies,
      passedRequestBytes: passedBytes.requests - before.requests,
      passedReplyBytes: passedBytes.replies - before.replies,
    };
  } finally {
    proxy!.heal();
  }
}

function doubtsOf(cut: Cut, found: Silence): string[] {
  const { heldRequestBytes, heldReplyBytes, passedRequestBytes, passedReplyBytes } = found;
  const doubts: [boolean, string][] = [
    [passedReplyBytes > 0, `${passedReplyBytes} B of replies came through the cut`],
  ];
  if (cut === 'both') {
    doubts.push(
      [heldRequestBytes + heldReplyBytes === 0, 'nobody said anything while the network was cut'],
      [passedRequestBytes > 0, `${passedRequestBytes} B of requests came through the cut`],
    );
  } else {
    doubts.push(
      [heldReplyBytes === 0, 'the server said nothing that could be lost'],
      [passedRequestBytes === 0, 'no request came through while replies were lost'],
    );
  }
  return whatHolds(doubts);
}
