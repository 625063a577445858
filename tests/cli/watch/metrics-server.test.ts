import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openMetricsServer } from '../../../cli/watch/metrics-server.ts';

function madeRegistry(): Registry {
  const registry = new Registry();
  new Gauge({ name: 'made', help: 'Made', registers: [registry] }).set(7);
  return registry;
}

test('it listens on 127.0.0.1, tells metrics and that it lives, and nothing else', async () => {
  await using server = await openMetricsServer(0, madeRegistry());
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const metrics = await fetch(`${server.url}/metrics`);
  expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await metrics.text()).toContain('made 7');
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ alive: true });
  for (const path of ['/', '/metrics/x', '/../package.json']) {
    expect((await fetch(`${server.url}${path}`)).status).toBe(404);
  }
  expect((await fetch(`${server.url}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('a registry that fails is answered without its reason, and served again', async () => {
  const registry = madeRegistry();
  let fails = true;
  new Gauge({
    ...{ name: 'failing', help: 'Fails', registers: [registry] },
    collect() {
      if (fails) throw new Error('the reason');
    },
  });
  await using server = await openMetricsServer(0, registry);
  const failed = await fetch(`${server.url}/metrics`);
  expect([failed.status, await failed.text()]).toEqual([500, '']);
  fails = false;
  expect((await fetch(`${server.url}/metrics`)).status).toBe(200);
});

test('a port that is taken is a usage error that says what to do', async () => {
  await using first = await openMetricsServer(0, madeRegistry());
  const port = Number(new URL(first.url).port);
  await expect(openMetricsServer(port, madeRegistry())).rejects.toMatchObject({
    code: 'USAGE',
    message: `--metrics-port ${port}: it is taken; name another one, or 0 for any`,
  });
});

test('a connection that cannot be taken ends neither it nor its process', async () => {
  await using opened = await openMetricsServer(0, madeRegistry());
  const { promise, resolve } = Promise.withResolvers<Server>();
  const seen = (message: unknown) => resolve((message as { server: Server }).server);
  subscribe('http.server.request.start', seen);
  await fetch(`${opened.url}/healthz`);
  unsubscribe('http.server.request.start', seen);
  const server = await promise;
  // As Node tells a process that has no file number left, again and again.
  const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  for (let time = 0; time < 3; time++) server.emit('error', error);
  expect((await fetch(`${opened.url}/healthz`)).status).toBe(200);
});
