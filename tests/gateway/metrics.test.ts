import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHED_REASONS } from '../../gateway/like-path.ts';
import type { SendOutcome } from '../../likes/like.ts';
import { giveLike, LIKE, openMadeGateway, sumOf, valuesOf } from './gateway-fixture.ts';

const ANSWERS = [
  'likes_accepted_total',
  'likes_shed_total',
  'likes_limited_total',
  'likes_unaccepted_total',
  'likes_repeated_total',
  'likes_invalid_total',
];

test('offered is the sum of what became of likes, and every 202 was acknowledged once', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          outcome: fc.constantFrom<SendOutcome>('ok', 'ok', 'fail', 'unknown'),
          isValid: fc.boolean(),
          user: fc.constantFrom('u-1', 'u-2', 'u-3'),
        }),
        { minLength: 1, maxLength: 40 },
      ),
      async (requests) => {
        await using made = await openAlone();
        const { gateway, producer } = made;
        const outcomes = requests.map(({ outcome }) => outcome);
        const acknowledged: number[] = [];
        producer.onSend = (send) => {
          const each = send.likes.map(() => outcomes.pop()!);
          for (const [place, { seq }] of send.likes.entries()) {
            if (each[place] === 'ok') acknowledged.push(seq);
          }
          if (each.every((outcome) => outcome === 'ok')) send.acknowledge();
          else send.fail(each);
        };
        const answers = await Promise.all(
          requests.map(({ isValid, user }) =>
            giveLike(gateway, { user, ...(!isValid && { x: 1 }) }),
          ),
        );
        const told = answers.flatMap((one) => (one.statusCode === 202 ? [one.json().seq] : []));
        expect(told.sort()).toEqual(acknowledged.sort());
        const sums = await Promise.all(ANSWERS.map((name) => sumOf(gateway, name)));
        expect(sums.reduce((sum, value) => sum + value, 0)).toBe(requests.length);
        expect(await sumOf(gateway, 'likes_offered_total')).toBe(requests.length);
        expect(sums[0]).toBe(told.length);
        expect(await sumOf(gateway, 'likes_published_total')).toBe(acknowledged.length);
        const sent = producer.sends.flatMap(({ likes }) => likes).length;
        expect(await sumOf(gateway, 'messaging_client_sent_messages_total')).toBe(sent);
      },
    ),
    { numRuns: 15 },
  ));

/** For a property, whose gateways end with each run and not with the test. */
async function openAlone() {
  let end = async (): Promise<void> => {};
  const userLimit = { likesPerS: 1, burst: 5 };
  const made = await openMadeGateway({ userLimit }, (work) => {
    end = work;
  });
  return { ...made, [Symbol.asyncDispose]: () => end() };
}

test('sends carry the names of the OpenTelemetry conventions', async () => {
  const { gateway, producer } = await openMadeGateway();
  await giveLike(gateway);
  producer.onSend = (send) => send.fail('unknown');
  await giveLike(gateway);
  const labels = 'messaging_system="made",messaging_destination_name="likes"';
  const send = `${labels},messaging_operation_name="send"`;
  expect(await valuesOf(gateway, 'messaging_client_sent_messages_total')).toEqual(
    new Map([
      [send, 1],
      [`${send},error_type="Error"`, 1],
    ]),
  );
  const durations = await valuesOf(gateway, 'messaging_client_operation_duration_seconds_count');
  expect([...durations.keys()].sort()).toEqual([send, `${send},error_type="Error"`].sort());
});

test('gauges tell what waits and what is under way at this moment', async () => {
  const { gateway, producer } = await openMadeGateway();
  producer.onSend = undefined;
  const answers = Array.from({ length: 3 }, () => giveLike(gateway));
  await expect.poll(() => sumOf(gateway, 'likes_waiting')).toBe(2);
  expect(await sumOf(gateway, 'likes_in_flight')).toBe(1);
  expect(await sumOf(gateway, 'likes_sends_in_flight')).toBe(1);
  expect(await sumOf(gateway, 'likes_event_loop_delay_seconds')).toBeGreaterThanOrEqual(0);
  producer.onSend = (send) => send.acknowledge();
  producer.sends[0]!.acknowledge();
  await Promise.all(answers);
  expect(await sumOf(gateway, 'likes_waiting')).toBe(0);
  expect(await sumOf(gateway, 'likes_in_flight')).toBe(0);
});

test('shed likes are told apart by their reason', async () => {
  const { gateway } = await openMadeGateway({ limits: { loopDelayMsMax: -1 } });
  await giveLike(gateway);
  expect(await valuesOf(gateway, 'likes_shed_total')).toEqual(
    new Map([['reason="overloaded"', 1]]),
  );
  expect(SHED_REASONS).toContain('overloaded');
});

test('requests are told apart by their route and never by their path', async () => {
  const { gateway } = await openMadeGateway();
  await gateway.app.inject('/posts/some-post/likes');
  await gateway.app.inject('/some/path');
  await gateway.app.inject({ method: 'POST', url: '/likes', payload: LIKE });
  const values = await valuesOf(gateway, 'http_server_request_duration_seconds_count');
  const routes = [...values.keys()].map((labels) => /http_route="([^"]*)"/.exec(labels)![1]);
  expect(routes.sort()).toEqual(['/likes', '/posts/:id/likes', 'unknown']);
});
