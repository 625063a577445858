import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examineFile } from '../../../../lab/audit/formats/index.ts';
import type { TrialResult } from '../../../../lab/trial-result.ts';
import { closedResult, pacedResult } from '../audited-result.ts';
import { hitNamed, hitNames, judged } from './examined.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The index of a run with these trials, and its text. */
function written(results: readonly TrialResult[]) {
  mkdirSync(join(folder, 'trials'));
  const trials = results.map((result) => {
    const path = join('trials', `${result.trial}.json`);
    writeFileSync(join(folder, path), JSON.stringify(result));
    return path;
  });
  const index = {
    ...{ format: 1, run: 'run-1', startedAt: '2026-01-02T03:04:05.000Z' },
    ...{ command: 'npm start', profile: 'quick', complete: true, trials },
  };
  const path = join(folder, 'index.json');
  writeFileSync(path, JSON.stringify(index));
  return { path, text: JSON.stringify(index) };
}

test('a trial of ours is recognised and found clean', () => {
  const found = examineFile(JSON.stringify(pacedResult()), 'trial.json');
  expect(found).toMatchObject({ kind: 'trial of this lab', subject: '001-kafka-kill-paced' });
  expect(judged(found, 'clean')).toHaveLength(14);
});

test('what was planted in it is found from its contents, whatever it says of itself', () => {
  const settings = { ...pacedResult().settings, 'store synchronous': 'OFF' };
  const planted = pacedResult({ settings, numbersValid: true });
  expect(hitNames(examineFile(JSON.stringify(planted), 'trial.json'))).toEqual(['equal-work']);
});

test('a run of ours is checked in and between its trials, and each hit names its trial', () => {
  const other = closedResult({ workload: { ...pacedResult().workload, hash: 'xyz' } });
  const { path, text } = written([pacedResult(), other]);
  const found = examineFile(text, path);
  expect(found).toMatchObject({ kind: 'run of this lab', subject: 'run-1, 2 trials' });
  expect(hitNames(found)).toEqual(['equal-work']);
  expect(hitNamed(found, 'equal-work').evidence).toMatch(
    /1 hit.*002-kafka-kill-publish-then-count: .*hash xyz here and abc/,
  );
});

test('a clean run of ours has none', () => {
  const { path, text } = written([pacedResult(), closedResult()]);
  expect(hitNames(examineFile(text, path))).toEqual([]);
});
