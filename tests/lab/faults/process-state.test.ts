/** Real processes, stopped and continued. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { doubtsOfStillness, stateOf, whileStopped } from '../../../lab/faults/process-state.ts';

const TICK_MS = 5;
/** Long enough for many ticks of a process that does not stand still. */
const STILL_MS = 150;

interface Ticking extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ticks: number;
  /** Resolves when it has ticked this often since the call. */
  ticked(times: number): Promise<void>;
}

/** A process that says a dot every few milliseconds. */
async function openTicking(): Promise<Ticking> {
  const program = `setInterval(() => process.stdout.write('.'), ${TICK_MS})`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let ticks = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ticks += text.length;
  });
  const ticked = async (times: number) => {
    const wanted = ticks + times;
    await expect.poll(() => ticks, { interval: TICK_MS, timeout: 20_000 }).toBeGreaterThan(wanted);
  };
  await ticked(1);
  return {
    child,
    pid: child.pid!,
    get ticks() {
      return ticks;
    },
    ticked,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await ended;
    },
  };
}

/** Until nothing is left in the pipe of a process that stands still. */
async function untilQuiet(ticking: Ticking): Promise<void> {
  let last = ticking.ticks;
  for (let same = 0; same < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 2 * TICK_MS));
    same = ticking.ticks === last ? same + 1 : 0;
    last = ticking.ticks;
  }
}

describe('a process', () => {
  test('stands still meanwhile, by the word of the system, and goes on afterwards', async () => {
    await using ticking = await openTicking();
    let [before, after] = [0, 0];
    const stillness = await whileStopped(ticking.pid, async () => {
      await untilQuiet(ticking);
      before = ticking.ticks;
      await new Promise((resolve) => setTimeout(resolve, STILL_MS));
      after = ticking.ticks;
    });
    expect(after).toBe(before);
    expect(stillness).toMatchObject({
      pid: ticking.pid,
      stateAtStop: 'T',
      stateBeforeContinue: 'T',
    });
    expect(stillness.stoodStillMs).toBeGreaterThanOrEqual(STILL_MS - 1);
    expect(doubtsOfStillness(stillness)).toEqual([]);
    await ticking.ticked(3);
    expect(stateOf(ticking.pid)).toMatch(/^[SRD]$/);
  });

  test('goes on although the work broke off, and what it broke off by is told', async () => {
    await using ticking = await openTicking();
    const stopped = whileStopped(ticking.pid, async () => {
      expect(stateOf(ticking.pid)).toBe('T');
      throw new Error('interrupted');
    });
    await expect(stopped).rejects.toThrow('interrupted');
    await ticking.ticked(3);
  });
});

test('a process goes on although the lab has ended at once while it stood still', async () => {
  await using ticking = await openTicking();
  const module = new URL('../../../lab/faults/process-state.ts', import.meta.url).href;
  const program = `
    import { stateOf, whileStopped } from ${JSON.stringify(module)};
    await whileStopped(${ticking.pid}, async () => {
      console.log(stateOf(${ticking.pid}));
      process.exit(0);
    });`;
  const args = ['--input-type=module', '-e', program];
  const lab = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  lab.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(lab, 'close');
  expect(said).toBe('T\n');
  await ticking.ticked(3);
});

describe('it is no proof', () => {
  test('when somebody lets the process go on too early', async () => {
    await using ticking = await openTicking();
    const stillness = await whileStopped(ticking.pid, async () => {
      ticking.child.kill('SIGCONT');
      await ticking.ticked(1);
    });
    expect(stillness.stateAtStop).toBe('T');
    expect(doubtsOfStillness(stillness)).toEqual([
      expect.stringMatching(/^the process was in state T after SIGSTOP and [SRD] before SIGCONT/),
    ]);
  });

  test('when the process dies while it stands still', async () => {
    await using ticking = await openTicking();
    const stillness = await whileStopped(ticking.pid, async () => {
      const ended = once(ticking.child, 'close');
      ticking.child.kill('SIGKILL');
      await ended;
    });
    expect(doubtsOfStillness(stillness)).toEqual([
      'the process was in state T after SIGSTOP and gone before SIGCONT, not stopped',
    ]);
  });

  test('when the process was gone before', async () => {
    const ticking = await openTicking();
    await ticking[Symbol.asyncDispose]();
    const stillness = await whileStopped(ticking.pid, async () => undefined);
    expect(stillness).toMatchObject({ stateAtStop: '', stateBeforeContinue: '' });
    expect(doubtsOfStillness(stillness)).toEqual([
      'the process was in state gone after SIGSTOP and gone before SIGCONT, not stopped',
    ]);
  });

  test('when there is no process at all: its id, 0, would be that of all of ours', async () => {
    const stillness = await whileStopped(0, async () => undefined);
    expect(doubtsOfStillness(stillness)).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')(
    'when the process is dead and nobody has taken note of it',
    async () => {
      // A shell that makes a child and turns into a program that never asks for its end.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(line));
      const program = () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8');
      await expect.poll(program, { interval: TICK_MS, timeout: 20_000 }).toBe('sleep\n');
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => stateOf(pid), { interval: TICK_MS, timeout: 20_000 }).toBe('Z');
      const stillness = await whileStopped(pid, async () => undefined);
      expect(doubtsOfStillness(stillness)).toEqual([expect.stringContaining('state Z after')]);
      parent.kill('SIGKILL');
      await once(parent, 'close');
    },
  );
});

test('a process of its own is seen at work, and one that is gone as nothing', async () => {
  expect(stateOf(process.pid)).toMatch(/^[RS]$/);
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  expect(stateOf(child.pid!)).toBe('');
});
