import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openAgainAndAgain, openOnce } from '../../lab/open-again.ts';
import type { LikeConsumer } from '../../likes/like.ts';

/** A consumer that fails when a test says so, and remembers whether it was stopped. */
interface MadeConsumer extends LikeConsumer {
  stops: number;
  fail(): void;
}

function madeConsumer(stopError?: Error): MadeConsumer {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const made: MadeConsumer = {
    stops: 0,
    failed: failed.promise,
    fail: () => failed.reject(new Error('its queue is gone')),
    async stop() {
      made.stops++;
      if (stopError) throw stopError;
    },
    [Symbol.asyncDispose]: () => made.stop(),
  };
  return made;
}

/** Opens what it is given, one after the other; an error is an opening that rejects. */
function opener(given: readonly (MadeConsumer | Error | Promise<MadeConsumer>)[]) {
  const rest = [...given];
  const opens = { count: 0 };
  const open = async (): Promise<LikeConsumer> => {
    opens.count++;
    const next = rest.shift();
    if (next === undefined) throw new Error('it is asked too often');
    if (next instanceof Error) throw next;
    return next;
  };
  return { open, opens };
}

const REFUSED = new Error('the server is down');

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 5, timeout: 5_000 }).toBe(true);
}

describe('a consumer that is opened again and again', () => {
  test('is opened once as long as it does not fail, and stopped once', async () => {
    const only = madeConsumer();
    const { open, opens } = opener([only]);
    const supervised = await openAgainAndAgain(open);
    await supervised.stop();
    expect({ opened: opens.count, reopened: supervised.reopened }).toEqual({
      opened: 1,
      reopened: 0,
    });
    expect(only.stops).toBe(1);
  });

  test('is closed and opened again each time it fails, until it is stopped', async () => {
    const [first, second, third] = [madeConsumer(), madeConsumer(), madeConsumer()];
    const { open, opens } = opener([first, second, third]);
    const supervised = await openAgainAndAgain(open);
    first.fail();
    await until(() => supervised.reopened === 1);
    expect([first.stops, second.stops]).toEqual([1, 0]);
    second.fail();
    await until(() => supervised.reopened === 2);
    await supervised.stop();
    expect([first.stops, second.stops, third.stops]).toEqual([1, 1, 1]);
    // What fails once it is stopped is nobody's business any more.
    third.fail();
    await nextTurn();
    expect({ opened: opens.count, reopened: supervised.reopened }).toEqual({
      opened: 3,
      reopened: 2,
    });
  });

  test('is tried again when opening it rejects, which is no reopening', async () => {
    const [first, second] = [madeConsumer(), madeConsumer()];
    const { open, opens } = opener([first, REFUSED, REFUSED, second]);
    const supervised = await openAgainAndAgain(open);
    first.fail();
    await until(() => opens.count === 4);
    await until(() => supervised.reopened === 1);
    await supervised.stop();
    expect(second.stops).toBe(1);
  });

  test('that cannot even be closed is opened again all the same', async () => {
    const [first, second] = [madeConsumer(new Error('it is closed already')), madeConsumer()];
    const { open } = opener([first, second]);
    const supervised = await openAgainAndAgain(open);
    first.fail();
    await until(() => supervised.reopened === 1);
    await supervised.stop();
    expect(second.stops).toBe(1);
  });

  test('ends between two tries when it is stopped', async () => {
    const first = madeConsumer();
    const { open, opens } = opener([first, ...Array.from({ length: 99 }, () => REFUSED)]);
    const supervised = await openAgainAndAgain(open);
    first.fail();
    await until(() => opens.count === 2);
    await supervised.stop();
    const opened = opens.count;
    expect(supervised.reopened).toBe(0);
    await nextTurn();
    expect(opens.count).toBe(opened);
    // The one that failed was closed when it did, and there is no other.
    expect(first.stops).toBe(1);
  });

  test('that comes up while it is being stopped is stopped as well', async () => {
    const [first, second] = [madeConsumer(), madeConsumer()];
    const opening = Promise.withResolvers<MadeConsumer>();
    const { open, opens } = opener([first, opening.promise]);
    const supervised = await openAgainAndAgain(open);
    first.fail();
    await until(() => opens.count === 2);
    const stopped = supervised.stop();
    opening.resolve(second);
    await stopped;
    expect(second.stops).toBe(1);
  });

  test('passes on why it could not be opened the first time', async () => {
    const { open, opens } = opener([REFUSED]);
    await expect(openAgainAndAgain(open)).rejects.toBe(REFUSED);
    expect(opens.count).toBe(1);
  });

  test('passes on why the last one could not be stopped', async () => {
    const { open } = opener([madeConsumer(REFUSED)]);
    const supervised = await openAgainAndAgain(open);
    await expect(supervised.stop()).rejects.toBe(REFUSED);
  });
});

describe('a consumer that is opened once', () => {
  test('fails when its template does, and counts no reopening', async () => {
    const only = madeConsumer();
    const { open, opens } = opener([only]);
    const supervised = await openOnce(open);
    only.fail();
    await expect(supervised.failed).rejects.toThrow('its queue is gone');
    await supervised.stop();
    expect({ opened: opens.count, reopened: supervised.reopened, stops: only.stops }).toEqual({
      opened: 1,
      reopened: 0,
      stops: 1,
    });
  });

  test('passes on why it could not be opened', async () => {
    await expect(openOnce(opener([REFUSED]).open)).rejects.toBe(REFUSED);
  });
});
