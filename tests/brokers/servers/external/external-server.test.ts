import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { readExternal } from '../../../../brokers/servers/external/environment.ts';
import { ExternalServer } from '../../../../brokers/servers/external/external-server.ts';

async function listening() {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}

test('a server of somebody else is connected to, never stopped, killed or measured', async () => {
  using there = await listening();
  const facts = readExternal('redis', { LIKE_LAB_REDIS: `redis://:secret@${there.address}` });
  await using server = new ExternalServer('redis', facts);
  await server.start();
  await server.stop();
  await server.start();
  expect(server).toMatchObject({ runtime: 'external', pid: undefined });
  expect(server.title).toBe(`Redis at ${there.address}`);
  await expect(server.kill()).rejects.toMatchObject({
    code: 'NOT_OURS',
    message: expect.stringMatching(/is not the lab's to kill; run .* --runtime local or compose$/),
  });
  expect(await server.usage()).toBeUndefined();
  expect(await server.version()).toBe('not told');
});

test('one of several addresses is enough', async () => {
  using there = await listening();
  const facts = readExternal('kafka', { LIKE_LAB_KAFKA: `127.0.0.1:1,${there.address}` });
  await new ExternalServer('kafka', facts).start();
});

test('nobody at the address is one line that names the variable', async () => {
  const facts = readExternal('redis', { LIKE_LAB_REDIS: 'redis://lab:secret@127.0.0.1:1' });
  await expect(new ExternalServer('redis', facts).start()).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message:
      'Redis at 127.0.0.1:1 does not answer (connect ECONNREFUSED 127.0.0.1:1); ' +
      'check that it runs and is reached from here, and correct LIKE_LAB_REDIS',
  });
});

test('Amazon SQS is its own client to find', async () => {
  const facts = readExternal('elasticmq', { LIKE_LAB_SQS_REGION: 'eu-west-1' });
  const server = new ExternalServer('elasticmq', facts);
  await server.start();
  expect(server.title).toBe('Amazon SQS in eu-west-1');
});
