/** A ledger and a result as a clean trial makes them, with what a test wants to be different. */
import type { Experiment } from '../../lab/experiment.ts';
import type { Ledger } from '../../lab/ledger.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';

export function cleanLedger(changed: Partial<Ledger> = {}): Ledger {
  return {
    attempted: 100,
    ok: 100,
    unknown: 0,
    fail: 0,
    counted: 100,
    lost: 0,
    stuck: 0,
    doubleEffects: 0,
    redelivered: 0,
    sentAgain: 0,
    recovered: 0,
    revived: 0,
    phantom: 0,
    parked: 0,
    wronglyParked: 0,
    inversions: 0,
    inversionSeqsMax: 0,
    miscountedPosts: 0,
    miscountedLikes: 0,
    miscountedLikesMax: 0,
    misplacedPosts: 0,
    unexpectedPosts: 0,
    expectedPosts: 7,
    residual: 0,
    ...changed,
  };
}

export function madeResult(changed: Partial<TrialResult> = {}): TrialResult {
  return {
    format: RESULT_FORMAT,
    run: 'run-1',
    trial: '001-kafka-kill-sustained',
    experiment: 'throughput',
    broker: 'kafka',
    tier: 'kill',
    startedAt: '2026-01-02T03:04:05.000Z',
    durationS: 1.5,
    plan: madePlan('sustained'),
    workload: { name: 'trending', likes: 100, seed: 1, hash: 'abc' },
    promises: { order: 'per-post', delivery: 'at-least-once', source: 'a page' },
    verdict: 'pass',
    reasons: [],
    numbersValid: true,
    numbersStruck: [],
    notes: [],
    ledger: cleanLedger(),
    rates: madeRates({ sustainedLikesPerS: 1_000 }),
    settings: { acks: 'all' },
    versions: { node: 'v24.0.0' },
    machine: { cores: '2', memory: '8 GiB', processor: 'a processor', system: 'a system' },
    commit: '0123456789ab',
    ...changed,
  };
}

export function madePlan(mode: TrialResult['plan']['mode']): TrialResult['plan'] {
  return {
    mode,
    lanes: 4,
    consumers: 1,
    shards: 4,
    likesPerSend: 10,
    sendsInFlight: 1,
    backlogBytesMax: 1_000_000,
  };
}

export function madeRates(
  changed: Partial<NonNullable<TrialResult['rates']>>,
): NonNullable<TrialResult['rates']> {
  return { publishedPerSecond: [], countedPerSecond: [], ...changed };
}

/** An experiment whose table has a rate, a rate with digits, and a finding. */
export const madeExperiment: Experiment = {
  name: 'throughput',
  question: 'How fast is it?',
  steps: () => [
    { mode: 'publish-then-count', likes: 10 },
    { mode: 'sustained', likes: 10 },
  ],
  rowKey: ({ broker, tier }) => [broker, tier],
  rowHeads: [
    { head: 'broker', meaning: 'Which one.' },
    { head: 'tier', meaning: 'What it survives.' },
  ],
  columns: [
    {
      head: 'counts',
      meaning: 'The verdict.',
      value: ({ verdict }) => verdict,
      isFinding: true,
    },
    { head: 'likes/s', meaning: 'A rate.', value: ({ rates }) => rates?.sustainedLikesPerS },
    { head: 'drain s', meaning: 'A time.', value: ({ rates }) => rates?.drainS, digits: 2 },
    { head: 'lost', meaning: 'Lost.', value: ({ ledger }) => ledger?.lost, isFinding: true },
  ],
};
