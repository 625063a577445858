import getPort from 'get-port';
import { describe, expect, test } from 'vitest';
import { createNullServer } from '../../../brokers/servers/local/null-server.ts';
import { ServiceLine } from '../../../brokers/servers/local/null-service.ts';
import { type ServiceTime, serviceTimes } from '../../../likes/workloads/service-times.ts';
import { useBroker } from '../broker-under-test.ts';

const TRIES = 5;
const ITEMS = 60;
/** Turns in the time of an item; with fewer the machine was too busy to tell anything. */
const TURNS_LEAST = 10;
/** Sums of doubles in another order. */
const ROUNDING_MS = 1e-6;
/** A turn of the event loop takes some µs, or as long as a busy machine holds the process up. */
const TURNS_MAX = 2;
/** Some are held up between the moment they come out and the look at the clock. */
const HELD_UP_SHARE_MAX = 0.1;

/** When each item came out, when its service had ended, and all turns of the event loop, in ms. */
async function letOut(service: ServiceTime) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const out: number[] = [];
  const turns: number[] = [];
  let isOver = false;
  const turn = () => {
    turns.push(performance.now());
    if (!isOver) setImmediate(turn);
  };
  turn();
  const line = new ServiceLine<number>(service, (item) => {
    out.push(performance.now());
    expect(item).toBe(out.length - 1);
    if (out.length === ITEMS) resolve();
  });
  const takesUs = serviceTimes(service);
  const beganMs = performance.now();
  line.add(Array.from({ length: ITEMS }, (_, item) => item));
  const addedMs = performance.now();
  await promise;
  isOver = true;
  expect(line.size).toBe(0);
  let servedMs = 0;
  const services = out.map(() => {
    servedMs += takesUs() / 1_000;
    return servedMs;
  });
  return { out, turns, services, beganMs, addedMs };
}

describe('a line with a service time', () => {
  test.for<ServiceTime>([
    { distribution: 'fixed', meanUs: 1_000, seed: 1 },
    { distribution: 'exponential', meanUs: 5_000, seed: 2 },
  ])('lets each item out when its service ends: $distribution', async (service, { skip }) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const { out, turns, services, beganMs, addedMs } = await letOut(service);
      let late = 0;
      for (const [place, ms] of out.entries()) {
        // The first service began between the two looks at the clock.
        expect(ms).toBeGreaterThanOrEqual(beganMs + services[place]! - ROUNDING_MS);
        // Timers of Node alone would come up to a whole ms, some hundred turns, late.
        const next = turns.findIndex((turn) => turn >= addedMs + services[place]!);
        if (ms > (turns[next + TURNS_MAX] ?? Number.POSITIVE_INFINITY)) late++;
      }
      if (turns.length < ITEMS * TURNS_LEAST) continue;
      expect(late).toBeLessThanOrEqual(ITEMS * HELD_UP_SHARE_MAX);
      return;
    }
    skip('this machine never let the process run for as long as it would have had to');
  });

  test('begins a service when the item arrives, where nothing is before it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = new ServiceLine<string>({ distribution: 'fixed', meanUs: 3_000, seed: 1 }, () => {
      if (line.size === 0) resolve();
    });
    const beganMs = performance.now();
    line.add(['first']);
    await promise;
    const secondMs = performance.now();
    expect(secondMs - beganMs).toBeGreaterThanOrEqual(3);
    const again = Promise.withResolvers<void>();
    void promise.then(again.resolve);
    line.add(['second']);
    await expect.poll(() => line.size, { interval: 1 }).toBe(0);
    expect(performance.now() - secondMs).toBeGreaterThanOrEqual(3);
  });

  test('lets nothing out once it is closed', async () => {
    const out: string[] = [];
    const line = new ServiceLine<string>({ distribution: 'fixed', meanUs: 500, seed: 1 }, (item) =>
      out.push(item),
    );
    line.add(['before']);
    line.close();
    line.add(['after']);
    await expect.poll(() => out, { interval: 1 }).toEqual(['after']);
    expect(line.size).toBe(0);
  });
});

describe('the null server, a process of its own', () => {
  const subject = useBroker('null', 'memory');
  const fixed: ServiceTime = { distribution: 'fixed', meanUs: 10_000, seed: 1 };

  test('hands likes on one service after the other, and says that the others wait', async () => {
    const { broker } = subject;
    const queue = `served-${process.pid}`;
    await broker.createQueue(queue, { lanes: 1, service: fixed });
    const texts = Array.from({ length: 20 }, (_, place) => `not a like ${place}`);
    const postedMs = performance.now();
    await broker.post(queue, texts);
    const { waiting, unacknowledged } = await broker.backlog(queue);
    expect(waiting + unacknowledged).toBe(20);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    // Each is put aside when it comes out: the server's own count of them is the clock's hand.
    const parkedAtMs: number[] = [];
    await expect
      .poll(
        async () => {
          const { parked } = await broker.backlog(queue);
          while (parkedAtMs.length < parked) parkedAtMs.push(performance.now() - postedMs);
          return parked;
        },
        { interval: 1, timeout: 20_000 },
      )
      .toBe(20);
    for (const [place, ms] of parkedAtMs.entries()) {
      expect(ms).toBeGreaterThanOrEqual((place + 1) * 10);
    }
    expect((await broker.parked(queue)).map(({ text }) => text)).toEqual(texts);
    await broker.deleteQueue(queue);
  });
});

/** A null server in this process whose batches stay out for as long as those of a real one. */
async function patientServer() {
  const port = await getPort();
  const server = createNullServer().listen(port, '127.0.0.1');
  return {
    call: (method: string, path: string, body?: string) =>
      fetch(`http://127.0.0.1:${port}/queues/q${path}`, { method, ...(body && { body }) }),
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('a batch can be acknowledged by the read of the next one', async () => {
  using server = await patientServer();
  await server.call('PUT', '');
  await server.call('POST', '/likes', 'a\nb');
  const first = await server.call('GET', '/likes?max=1');
  const id = first.headers.get('batch');
  const second = await server.call('GET', `/likes?max=1&acknowledge=${id}`);
  expect(await second.text()).toBe('b');
  const backlog = await (await server.call('GET', '')).json();
  expect(backlog).toEqual({ waiting: 0, unacknowledged: 1, parked: 0 });
  // It is out no more, so nothing else is given either.
  expect((await server.call('GET', `/likes?acknowledge=${id}`)).status).toBe(404);
});

test('likes of one body are served one after the other, each by itself', async () => {
  using server = await patientServer();
  expect((await server.call('PUT', '?service=fixed&meanUs=30000&seed=1')).status).toBe(201);
  const beganMs = performance.now();
  await server.call('POST', '/likes', 'a\nb\nc');
  for (const [place, text] of ['a', 'b', 'c'].entries()) {
    const taken = await server.call('GET', '/likes?max=1&waitMs=20000');
    expect(await taken.text()).toBe(text);
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(30 * (place + 1));
  }
});

test('a service that cannot be kept is refused with what can be', async () => {
  using server = await patientServer();
  const create = async (query: string) => {
    const response = await server.call('PUT', `?${query}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  expect(await create('service=slow&meanUs=1&seed=1')).toBe(
    '400 service must be fixed or exponential',
  );
  expect(await create('service=fixed&seed=1')).toMatch(/^400 meanUs must be a whole number/);
  expect(await create('service=fixed&meanUs=0&seed=1')).toMatch(/^400 meanUs must be/);
  expect(await create('service=exponential&meanUs=1000&seed=-1')).toMatch(/^400 seed must be/);
  expect(await create('service=exponential&meanUs=1000&seed=1')).toBe('201 ');
});
