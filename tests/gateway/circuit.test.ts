import { stat } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { AwayError, Circuit, FAILURES_MAX, PAUSE_MS } from '../../gateway/circuit.ts';
import { pass, useMadeTime } from './path-fixture.ts';

useMadeTime();

function openCircuit() {
  const changes: [boolean, string | undefined][] = [];
  const circuit = new Circuit({
    name: 'the system',
    callMsMax: 50,
    changed: (isAway, error) => void changes.push([isAway, error?.message]),
  });
  return { circuit, changes };
}

const fails = () => Promise.reject(new Error('no'));
const answers = async () => 'yes';

test('a call waits for its limit at most', async () => {
  const { circuit, changes } = openCircuit();
  const call = circuit.call(() => new Promise(() => undefined));
  const caught = call.catch((error: unknown) => error);
  await pass(50);
  expect(await caught).toBeInstanceOf(AwayError);
  expect(await caught).toMatchObject({
    message: 'the system does not answer: no answer within 50 ms',
  });
  expect(changes).toEqual([]);
});

test('after failures in a row nobody is asked, but for one try now and then', async () => {
  const { circuit, changes } = openCircuit();
  for (let count = 0; count < FAILURES_MAX; count++) {
    expect(circuit.isAway).toBe(false);
    await expect(circuit.call(fails)).rejects.toBeInstanceOf(AwayError);
  }
  expect(changes).toEqual([[true, 'the system does not answer: no']]);
  const ask = vi.fn(answers);
  await expect(circuit.call(ask)).rejects.toThrow('the system is away');
  expect(ask).not.toHaveBeenCalled();
  await pass(PAUSE_MS);
  await expect(circuit.call(fails)).rejects.toThrow('does not answer');
  await expect(circuit.call(ask)).rejects.toThrow('the system is away');
  await pass(PAUSE_MS);
  const trial = circuit.call(ask);
  await expect(circuit.call(ask)).rejects.toThrow('the system is away');
  expect(await trial).toBe('yes');
  expect(ask).toHaveBeenCalledTimes(1);
  expect(await circuit.call(ask)).toBe('yes');
  expect(changes).toEqual([
    [true, 'the system does not answer: no'],
    [false, undefined],
  ]);
});

test('failures with an answer between them are none in a row', async () => {
  const { circuit, changes } = openCircuit();
  for (let count = 0; count < 2 * FAILURES_MAX; count++) {
    await circuit.call(count % 2 === 0 ? fails : answers).catch(() => undefined);
  }
  expect(circuit.isAway).toBe(false);
  expect(changes).toEqual([]);
});

test('whoever answers in time is not away because this process is late', async () => {
  vi.useRealTimers();
  const { circuit, changes } = openCircuit();
  // Answered by another thread while this one is held up for twice the limit.
  const calls = Array.from({ length: FAILURES_MAX }, () => circuit.call(() => stat('.')));
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  for (const call of calls) expect((await call).isDirectory()).toBe(true);
  expect(changes).toEqual([]);
});
