import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE_FILE } from '../../brokers/servers/compose/docker.ts';
import { expressionsOf, metricsIn, readBoard } from './board.ts';
import { MONITORING } from './prometheus.ts';
import { type ServedMetric, servedMetrics } from './served-metrics.ts';

const read = (name: string) => readFileSync(join(MONITORING, name), 'utf8');

interface Rule {
  readonly record?: string;
  readonly expr: string;
}
const rules: readonly Rule[] = parse(read('alerts.yml')).groups[0].rules;

/** Rows of the table of metrics in README.md. */
function documented(): readonly (ServedMetric & { by: string })[] {
  const rows = [...read('README.md').matchAll(/^\| `(\w+)` \| (\w+) \| ([\w, ]+) \| (.*) \|$/gm)];
  return rows.map(([, name, kind, by, help]) => {
    return { name: name!, kind: kind!, by: by!, help: help! };
  });
}

describe('the table of metrics', () => {
  test('is what gateway, worker and lab really tell, name by name', async () => {
    const served = await servedMetrics();
    const names = new Set(Object.values(served).flatMap((all) => all.map(({ name }) => name)));
    const wanted = [...names].sort().map((name) => {
      const told = Object.entries(served).flatMap(([by, all]) =>
        all.filter((metric) => metric.name === name).map((metric) => ({ by, ...metric })),
      );
      const helps = [...new Set(told.map(({ help }) => help))];
      return {
        ...{ name, kind: told[0]!.kind, by: told.map(({ by }) => by).join(', ') },
        help: helps.length === 1 ? helps[0] : `${helps[0]}; lab: ${told.at(-1)!.help}`,
      };
    });
    expect(documented()).toEqual(wanted);
    // One name is one kind, and at most the lab means another thing by it.
    for (const { name } of wanted) {
      const told = Object.values(served).flatMap((all) => all.filter((one) => one.name === name));
      expect(new Set(told.map(({ kind }) => kind)).size).toBe(1);
      expect(new Set(told.map(({ help }) => help)).size).toBeLessThanOrEqual(2);
    }
  });

  test('has each metric that rules and board ask for', () => {
    const named = new Set(documented().map(({ name }) => name));
    for (const { record } of rules) if (record !== undefined) named.add(record);
    const asked = [...rules, ...expressionsOf(readBoard())].flatMap(({ expr }) => metricsIn(expr));
    expect(asked.length).toBeGreaterThan(20);
    const base = (name: string) => name.replace(/_(?:bucket|sum|count)$/, '');
    expect(asked.filter((name) => !named.has(name) && !named.has(base(name)))).toEqual([]);
    expect(
      metricsIn('sum by (likes_label) (rate(likes_a_total{x="likes_b"}[1m])) / likes_c'),
    ).toEqual(['likes_a_total', 'likes_c']);
  });
});

describe('the board', () => {
  const board = readBoard();

  test('has the same panels for each broker, by a row that is repeated', () => {
    const [row, ...panels] = board.panels;
    expect(row).toMatchObject({ type: 'row', repeat: 'broker' });
    expect(board.templating.list.map(({ name }) => name)).toEqual(['broker']);
    expect(panels.length).toBeGreaterThanOrEqual(10);
    for (const { title, targets, description } of panels) {
      expect(description, title).toBeTruthy();
      for (const { expr } of targets!) expect(expr).toContain('{messaging_system=~"$broker"');
    }
    const places = board.panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
  });

  test('asks the data source that is provisioned with it, and stands where Grafana looks', () => {
    const [source] = parse(read('grafana/provisioning/datasources/prometheus.yml')).datasources;
    for (const { datasource } of board.panels.flatMap(({ targets = [] }) => targets)) {
      expect(datasource).toEqual({ type: source.type, uid: source.uid });
    }
    const [provider] = parse(read('grafana/provisioning/dashboards/boards.yml')).providers;
    for (const { environment, volumes } of grafanas()) {
      expect(environment.PROMETHEUS_URL).toBeTruthy();
      expect(source.url).toMatch(/^\$\{PROMETHEUS_URL\}$/);
      expect(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
        `${provider.options.path}/likes.json`,
      );
      expect(volumes).toContain(`./grafana/boards:${provider.options.path}:ro`);
    }
  });
});

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly network_mode: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
}

const COMPOSE = 'docker-compose.yml';
const services: Record<string, Service> = parse(read(COMPOSE), { merge: true }).services;

function grafanas(): Service[] {
  return Object.values(services).filter(({ image }) => image.startsWith('grafana/'));
}

describe('the containers', () => {
  test('are a Compose file with exact images, which the other one includes', () => {
    const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
    const [result] = linter.lintFiles([join(MONITORING, COMPOSE)], false);
    const messages: readonly { rule: string }[] = result!.messages;
    const style = /-order$|-field$/;
    expect(messages.filter(({ rule }) => !style.test(rule))).toEqual([]);
    const { include } = parse(readFileSync(COMPOSE_FILE, 'utf8'));
    expect(resolve(dirname(COMPOSE_FILE), include[0])).toBe(join(MONITORING, COMPOSE));
    for (const { image } of Object.values(services)) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  test('start with their profile only, on Linux and with Docker Desktop', () => {
    const profiles = Object.entries(services).map(([name, { profiles: own }]) => [name, own]);
    expect(Object.fromEntries(profiles)).toEqual({
      ...{ prometheus: ['watch'], grafana: ['watch'] },
      ...{ 'prometheus-desktop': ['watch-desktop'], 'grafana-desktop': ['watch-desktop'] },
    });
  });

  test('can be reached from this machine alone', () => {
    for (const [name, service] of Object.entries(services)) {
      const listens = [...(service.command ?? []), ...Object.entries(service.environment ?? {})]
        .map(String)
        .filter((text) => /listen-address|GF_SERVER_HTTP_ADDR/.test(text));
      expect(listens, name).toHaveLength(1);
      if (service.network_mode === 'host') {
        expect(listens[0]).toContain('127.0.0.1');
        expect(service.ports).toBeUndefined();
      } else {
        expect(service.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:(\d+):\1$/)]);
      }
    }
  });

  test('are given files that are there, and targets by the name they can reach', () => {
    for (const { volumes } of Object.values(services)) {
      for (const volume of volumes.filter((text) => text.startsWith('./'))) {
        expect(existsSync(join(MONITORING, volume.split(':')[0]!)), volume).toBe(true);
      }
    }
    const targetsOf = (name: string) =>
      (parse(read(name)) as { targets: string[]; labels: { job: string } }[]).map(
        ({ targets, labels }) => [labels.job, ...targets],
      );
    expect(targetsOf('targets-here.yml')).toEqual([
      ['gateway', '127.0.0.1:8080'],
      ['count', '127.0.0.1:9464'],
      ['lab', '127.0.0.1:9465'],
    ]);
    expect(targetsOf('targets-desktop.yml')).toEqual(
      targetsOf('targets-here.yml').map(([job, address]) => [
        job,
        address!.replace('127.0.0.1', 'host.docker.internal'),
      ]),
    );
    const mounted = (name: string) =>
      services[name]!.volumes.find((text) => text.endsWith('/targets.yml:ro'))!.split(':')[0];
    expect(mounted('prometheus')).toBe('./targets-here.yml');
    expect(mounted('prometheus-desktop')).toBe('./targets-desktop.yml');
  });
});
