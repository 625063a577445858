import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { auditRun } from '../../../lab/audit/of-run.ts';
import { auditResult, withAudit } from '../../../lab/audit/of-trial.ts';
import { readRun } from '../../../lab/result-files.ts';
import { pacedResult, pathResult } from './audited-result.ts';

const first = pacedResult();
const other = (changed: Parameters<typeof pacedResult>[0]) =>
  pacedResult({ trial: '002-redis-streams-kill-paced', broker: 'redis-streams', ...changed });
const SETTINGS = { appendonly: 'yes', appendfsync: 'no', 'store synchronous': 'FULL' };

describe('between the results of a run', () => {
  test('the same likes through two brokers are equal work', () => {
    const found = auditRun([first, other({ settings: SETTINGS })]);
    expect(found).toMatchObject([{ name: 'equal-work', verdict: 'clean' }]);
  });

  test('another hash of the same likes is told of the later trial, and strikes it out', () => {
    const unlike = other({ workload: { ...first.workload, hash: 'xyz' }, settings: SETTINGS });
    const [found] = auditRun([first, unlike]);
    expect(found).toMatchObject({ verdict: 'hit', trial: '002-redis-streams-kill-paced' });
    expect(found?.evidence).toContain('xyz');
    const { numbersStruck } = withAudit(unlike, [first]);
    expect(numbersStruck).toEqual([expect.stringMatching(/^audit, equal-work: .*xyz.*abc/)]);
  });

  test('likes of another seed or number may have another hash', () => {
    const workload = { ...first.workload, seed: 2, hash: 'xyz' };
    expect(auditRun([first, other({ workload, settings: SETTINGS })])).toEqual([]);
    const variant = { ...first.workload, variant: 'exponent 1.2', hash: 'xyz' };
    expect(auditRun([first, other({ workload: variant, settings: SETTINGS })])).toEqual([]);
  });

  test('two ways of the same requests are equal work, whoever takes them', () => {
    const direct = { kind: 'direct', rule: 'states', gateways: 1 } as const;
    const queued = pathResult();
    const requests = { ...queued, plan: { ...queued.plan, path: direct } };
    const unlike = { ...requests.workload, hash: 'xyz' };
    expect(auditRun([queued, requests])).toMatchObject([{ verdict: 'clean' }]);
    expect(auditRun([queued, { ...requests, workload: unlike }])).toMatchObject([
      { verdict: 'hit' },
    ]);
    // A burst is work of its own, and so is what no client sends.
    const burst = { ...direct, burst: { factor: 10, atS: 1, lastsS: 1 } };
    const other = { ...queued, workload: unlike, plan: { ...queued.plan, path: burst } };
    expect(auditRun([queued, other])).toEqual([]);
    expect(auditRun([first, { ...requests, workload: unlike }])).toEqual([]);
  });

  test('stores that commit in two ways are unequal work', () => {
    const settings = { ...SETTINGS, 'store synchronous': 'NORMAL' };
    const hits = auditRun([first, other({ settings })]).filter(({ verdict }) => verdict === 'hit');
    expect(hits).toMatchObject([{ name: 'equal-work' }]);
  });
});

describe('in the committed results', () => {
  const root = fileURLToPath(new URL('../../../results/', import.meta.url));
  const indexes = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(root, name))
        .filter((file) => file.endsWith('.json'))
        .map((file) => join(name, file)),
    );

  test.each(indexes)(
    'every hit strikes, but for spread that older files did not look at: %s',
    (path) => {
      const { results } = readRun(join(root, path));
      for (const result of results) {
        const hits = auditResult(result).filter(({ verdict }) => verdict === 'hit');
        const known = result.audit === undefined ? ['window-spread'] : [];
        const unstruck = hits.filter(
          ({ name }) =>
            !known.includes(name) &&
            !result.numbersStruck.some((reason) => reason.startsWith(`audit, ${name}:`)),
        );
        expect(unstruck.map(({ name }) => `${result.trial} ${name}`)).toEqual([]);
      }
      expect(auditRun(results).filter(({ verdict }) => verdict === 'hit')).toEqual([]);
    },
  );

  test('and there are some', () => {
    expect(indexes.length).toBeGreaterThan(5);
  });
});
