import { expect, test } from 'vitest';
import { RecordWriter } from '../../lab/record-writer.ts';
import { compareHistories } from './compare-histories.ts';
import { openMadeRecorder, type Recorder } from './made-history.ts';
import { recordsFolder } from './trial-fixture.ts';

const SEED = 20_171_114;
const TIMEOUT_MS = 300_000;

test(
  'the checker says of any small history what sets of ids say of it',
  async () => {
    await compareHistories({ histories: 100_000, seed: SEED, openRecorder: openMadeRecorder });
  },
  TIMEOUT_MS,
);

test(
  'and the same of records that lie in files',
  async () => {
    using folder = recordsFolder();
    let files = 0;
    const openRecorder = (name: string) => inFile(folder.path(`${files++}-${name}`));
    await compareHistories({ histories: 300, seed: SEED, openRecorder });
    expect(files).toBe(4 * 300);
  },
  TIMEOUT_MS,
);

function inFile(path: string): Recorder {
  const records = new RecordWriter(path);
  return Object.assign(records, {
    end: () => {
      records[Symbol.dispose]();
      return path;
    },
  });
}
