import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { giveLike } from '../../demo/give-like.ts';

/** A gateway that gives each request the next of these answers; 0 breaks the connection. */
async function madeGateway(answers: readonly (readonly [status: number, text: string])[]) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const [status, text] = answers[bodies.length]!;
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      bodies.push(body);
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const problem = (code: string, mayHaveBeenStored?: boolean) =>
  JSON.stringify({ code, mayHaveBeenStored });

test('an answer is a yes, a certain no, or nobody knows', async () => {
  const cases = [
    [202, '{"source":"s","seq":0}', 'accepted', undefined],
    [503, problem('SHED_FULL', false), 'refused', 'SHED_FULL'],
    [503, problem('OUTCOME_UNKNOWN', true), 'unknown', 'OUTCOME_UNKNOWN'],
    [429, problem('USER_LIMITED'), 'refused', 'USER_LIMITED'],
    [500, 'no JSON', 'unknown', 'STATUS_500'],
    [503, 'null', 'unknown', 'STATUS_503'],
    [0, '', 'unknown', 'BROKEN'],
  ] as const;
  await using gateway = await madeGateway(cases.map(([status, text]) => [status, text]));
  const { url } = gateway;
  for (const [user, [, , outcome, code]] of cases.entries()) {
    expect(await giveLike({ url, post: 'p', user })).toEqual({ outcome, code });
  }
  expect(JSON.parse(gateway.bodies[2]!)).toEqual({
    user: 'u-2',
    post: 'p',
    action: 'like',
    version: 1,
  });
});

test('where nobody listens, nobody has taken it', async () => {
  const { url, [Symbol.asyncDispose]: close } = await madeGateway([]);
  await close();
  expect(await giveLike({ url, post: 'p', user: 0 })).toEqual({
    outcome: 'refused',
    code: 'NO_GATEWAY',
  });
});
