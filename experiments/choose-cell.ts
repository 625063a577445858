/** The parts of an answer of `choose`: what is asked, and what is said to each requirement. */
import type { TrialResult } from '../lab/trial-result.ts';
import type { Skill } from './choose-facts.ts';

/** What acknowledged likes must survive. */
export const SURVIVE = ['none', 'kill', 'power'] as const;
export type Survive = (typeof SURVIVE)[number];

export interface Needs {
  readonly likesPerS: number;
  /** Whether the likes of one post must be counted in their order. */
  readonly ordered: boolean;
  readonly survive: Survive;
  /** Whether likes that were counted must be there to be read again. */
  readonly reRead: boolean;
  /** They break ties, and nothing else. */
  readonly skills: readonly Skill[];
  /** How soon 99 % of the likes must be visible, ms. */
  readonly objectiveMs: number;
}

export const REQUIREMENTS = ['rate', 'p99', 'order', 'survival', 're-reading'] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

export interface Cell {
  readonly state: 'yes' | 'no' | 'unknown';
  readonly reason: string;
  /** The file of a trial, a documented page with its date, or the command that would measure it. */
  readonly source: string;
}

/** A result and the path of its file. */
export interface Located {
  readonly result: TrialResult;
  readonly path: string;
}

/** One broker at one tier. */
export interface Candidate {
  readonly broker: string;
  readonly tier: TrialResult['tier'];
}

export function yes(reason: string, source: string): Cell {
  return { state: 'yes', reason, source };
}

export function no(reason: string, source: string): Cell {
  return { state: 'no', reason, source };
}

/** `command`: what measures it. */
export function notMeasured(what: string, command: string): Cell {
  return { state: 'unknown', reason: `not measured here: ${what}`, source: `npm run ${command}` };
}
