import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { SHED_REASONS } from '../../../gateway/like-path.ts';
import {
  limitedProblem,
  type Problem,
  refusedProblem,
  shedProblem,
  unknownProblem,
} from '../../../gateway/problems.ts';
import { LikeClient, meaningOf } from '../../../lab/path/like-client.ts';
import type { RequestedLike } from '../../../lab/path/request-load.ts';

const LIKE: RequestedLike = { post: 'p', user: 'ü', action: 'like', version: 3 };

const meaningOfProblem = ({ status, body }: Problem) => meaningOf(status, JSON.stringify(body));

describe('an answer', () => {
  test('that a gateway gives means what it says', () => {
    for (const reason of SHED_REASONS) {
      expect(meaningOfProblem(shedProblem(reason))).toEqual({ kind: 'shed', reason });
    }
    expect(meaningOfProblem(refusedProblem())).toEqual({ kind: 'refused' });
    expect(meaningOfProblem(unknownProblem(true))).toEqual({ kind: 'unknown' });
    expect(meaningOfProblem(limitedProblem(900))).toEqual({ kind: 'limited' });
    expect(meaningOf(202, '{"source":"g","seq":7}')).toEqual({
      ...{ kind: 'accepted', source: 'g', seq: 7 },
    });
  });

  test.each([
    ['202 without a number', 202, '{"source":"g"}'],
    ['202 that is no JSON', 202, 'ok'],
    ['503 that does not say whether it is stored', 503, '{"code":"SHED_FULL"}'],
    ['503 by somebody before the gateway', 503, '<html>'],
    ['a wrong request', 400, '{"code":"BODY_WRONG","mayHaveBeenStored":false}'],
    ['200, which no gateway answers', 200, '{"source":"g","seq":7}'],
  ])('of another kind is invalid: %s', (_what, status, text) => {
    expect(meaningOf(status, text)).toEqual({ kind: 'invalid' });
  });
});

describe('a client', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.closeAllConnections();
  });

  async function listening(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('posts the like as JSON, to its gateways in turn, over connections that stay', async () => {
    const got: string[] = [];
    const sockets = new Set<unknown>();
    const answering = (name: string) =>
      createServer((request, response) => {
        sockets.add(request.socket);
        let text = '';
        request.on('data', (part: Buffer) => {
          text += part.toString();
        });
        request.on('end', () => {
          got.push(`${name} ${request.method} ${request.url} ${text}`);
          response.writeHead(202).end(`{"source":"${name}","seq":0}`);
        });
      });
    const urls = [await listening(answering('a')), await listening(answering('b'))];
    using client = new LikeClient(urls);
    for (let time = 0; time < 4; time++) await client.post(LIKE);
    const sent = `POST /likes ${JSON.stringify(LIKE)}`;
    expect(got).toEqual([`a ${sent}`, `b ${sent}`, `a ${sent}`, `b ${sent}`]);
    expect(sockets.size).toBe(2);
  });

  test('tells of a connection that breaks, and of a gateway that is not there', async () => {
    const breaking = createServer((request) => request.socket.destroy());
    const url = await listening(breaking);
    using client = new LikeClient([url]);
    expect(await client.post(LIKE)).toEqual({ kind: 'noAnswer' });
    await new Promise((resolve) => breaking.close(resolve));
    expect(await client.post(LIKE)).toEqual({ kind: 'noAnswer' });
  });
});
