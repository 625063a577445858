import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runCrowd } from '../../demo/crowd.ts';
import type { AnsweredPress, ChildMessage } from '../../demo/messages.ts';

/** Answers nobody before it is told to. */
async function silentGateway() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => void waiting.push(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting,
    answerAll: () => waiting.splice(0).forEach((one) => void one.writeHead(202).end('{}')),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test('everybody presses when it is due, although nobody has an answer yet', async () => {
  await using gateway = await silentGateway();
  const told: ChildMessage[] = [];
  const setup = { role: 'crowd', url: gateway.url, post: 'p', likesPerS: 200 } as const;
  const over = runCrowd(
    { ...setup, likes: 60, firstUser: 40 },
    (message) => told.push(message),
    new AbortController().signal,
  );
  await expect.poll(() => gateway.waiting.length, { timeout: 10_000 }).toBe(60);
  gateway.answerAll();
  await over;
  const pressed = told.filter((message) => message.kind === 'pressed');
  const answered = pressed.flatMap((message): readonly AnsweredPress[] => message.answered);
  expect(pressed.at(-1)!.sent).toBe(60);
  expect(answered.map(([user]) => user).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 60 }, (_, index) => 40 + index),
  );
  expect(new Set(answered.map(([, outcome]) => outcome))).toEqual(new Set(['accepted']));
  // The last one came 295 ms after the first, and all were answered together.
  const latencies = new Map(answered.map(([user, , latencyMs]) => [user, latencyMs]));
  expect(latencies.get(40)! - latencies.get(99)!).toBeGreaterThan(250);
  expect(told.at(-1)).toEqual({ kind: 'done' });
});

test('sent home, nobody presses any more, and who has pressed still gets an answer', async () => {
  await using gateway = await silentGateway();
  const told: ChildMessage[] = [];
  const home = new AbortController();
  const over = runCrowd(
    { role: 'crowd', url: gateway.url, post: 'p', likesPerS: 500, likes: 5_000, firstUser: 0 },
    (message) => told.push(message),
    home.signal,
  );
  await expect.poll(() => gateway.waiting.length, { timeout: 10_000 }).toBeGreaterThan(5);
  home.abort();
  const answering = setInterval(() => gateway.answerAll(), 5);
  await over;
  clearInterval(answering);
  const pressed = told.filter((message) => message.kind === 'pressed');
  const { sent } = pressed.at(-1)!;
  expect(sent).toBeLessThan(5_000);
  expect(pressed.flatMap(({ answered }) => answered)).toHaveLength(sent);
});
