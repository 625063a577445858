import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openPath, pass, useMadeTime } from './path-fixture.ts';

useMadeTime();

test('whatever happens, every 202 was acknowledged once, and seqs have no gap', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          { arbitrary: fc.constant('like' as const), weight: 5 },
          fc.record({ pass: fc.integer({ min: 1, max: 700 }) }),
          fc.record({ settle: fc.constantFrom('ok', 'fail', 'unknown', 'mixed') }),
        ),
        { maxLength: 80 },
      ),
      fc.integer({ min: 1, max: 3 }),
      async (steps, sendsInFlightMax) => {
        const { path, producer, accept, answers } = openPath({
          lingerMs: 5,
          likesPerSendMax: 4,
          sendsInFlightMax,
          waitingMax: 6,
          waitMsMax: 300,
          answerMsMax: 900,
        });
        const settled = new Set<object>();
        const acknowledged: number[] = [];
        const settle = (how: string) => {
          const send = producer.sends.find((one) => !settled.has(one));
          if (send === undefined) return;
          settled.add(send);
          const isOk = (place: number) => how === 'ok' || (how === 'mixed' && place % 2 === 0);
          for (const [place, { seq }] of send.likes.entries()) {
            if (isOk(place)) acknowledged.push(seq);
          }
          if (how === 'ok') send.acknowledge();
          else {
            send.fail(
              send.likes.map((_, place) => {
                if (isOk(place)) return 'ok';
                return how === 'fail' ? 'fail' : 'unknown';
              }),
            );
          }
        };
        for (const step of steps) {
          if (step === 'like') void accept();
          else if ('pass' in step) await pass(step.pass);
          else settle(step.settle);
          expect(path.load().waiting).toBeLessThanOrEqual(6);
          expect(path.load().sends).toBeLessThanOrEqual(sendsInFlightMax);
        }
        await pass(1_200);
        while (settled.size < producer.sends.length) {
          settle('fail');
          await pass(0);
        }
        expect(path.load()).toEqual({ waiting: 0, inFlight: 0, sends: 0 });
        const seqsSent = producer.seqs.flat();
        expect(seqsSent).toEqual(seqsSent.map((_, place) => place));
        expect(answers.includes(undefined as never)).toBe(false);
        const told = answers.flatMap((answer) =>
          answer.kind === 'accepted' ? [answer.number.seq] : [],
        );
        expect(new Set(told).size).toBe(told.length);
        const known = new Set(acknowledged);
        expect(told.every((seq) => known.has(seq))).toBe(true);
        const counted = answers.filter(({ kind }) => kind !== 'shed');
        expect(counted).toHaveLength(seqsSent.length);
      },
    ),
    { numRuns: 200 },
  ));
