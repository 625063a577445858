import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { HTTP_LIMITS } from '../../gateway/limits.ts';
import { openMadeGateway } from './gateway-fixture.ts';

test.each([
  ['head', 'POST /likes HTTP/1.1\r\nHost: a\r\n', HTTP_LIMITS.headersMsMax],
  [
    'body',
    'POST /likes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100\r\n\r\n{',
    HTTP_LIMITS.requestMsMax,
  ],
])(
  'a request whose %s is slow is told so, and its connection is closed',
  async (_, text, limitMs) => {
    const { gateway, producer } = await openMadeGateway();
    const startedMs = performance.now();
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    const tookMs = performance.now() - startedMs;
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"REQUEST_LATE"');
    expect(tookMs).toBeGreaterThanOrEqual(limitMs - 100);
    expect(tookMs).toBeLessThan(limitMs + 10_000);
    expect(producer.sends).toEqual([]);
  },
);
