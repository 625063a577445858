/** Rates that names and titles tell, such as `200K-rate`, `mirrored-30k.json` or `500 req/s`. */

import { figure } from '../check.ts';
import type { RateClaim, SettingClaim } from '../claims.ts';

const FACTORS: Readonly<Record<string, number>> = { k: 1_000, m: 1_000_000 };
const NAMED = [
  /(\d+(?:\.\d+)?)([km]?)-rate\b/i,
  /(\d+(?:\.\d+)?)([km]?) ?(?:(?:req(?:uests)?|msgs?|messages|likes)?\/s(?:ec)?|[rq]ps)\b/i,
];
const FILE_NAMED = [...NAMED, /(?:^|[-_])(\d+(?:\.\d+)?)([km])\.json$/i];
/** A measured rate above its label by more is of another run, or the label is of another one. */
const LABEL_SHARE_OFF = 0.05;

/** Per second; undefined when the text names no rate. */
export function rateNamedIn(text: string, isFile = false): number | undefined {
  for (const pattern of isFile ? FILE_NAMED : NAMED) {
    const [, number, factor] = pattern.exec(text) ?? [];
    if (number !== undefined) return Number(number) * (FACTORS[factor!.toLowerCase()] ?? 1);
  }
  return undefined;
}

export interface NamedRate {
  /** What bears the name. */
  readonly what: string;
  readonly text: string;
  readonly perS: number;
}

/** The rates that are named in each of these; those of files by their own habits. */
export function namedRates(texts: { workload?: string | undefined; file: string }): NamedRate[] {
  const { workload, file } = texts;
  const ofWorkload = workload === undefined ? undefined : rateNamedIn(workload);
  const ofFile = rateNamedIn(file, true);
  return [
    ...(ofWorkload === undefined ? [] : [{ what: 'workload', text: workload!, perS: ofWorkload }]),
    ...(ofFile === undefined ? [] : [{ what: 'file', text: file, perS: ofFile }]),
  ];
}

/** What was offered, as far as all names agree on it. */
export function offeredBy(names: readonly NamedRate[]): number | undefined {
  const different = new Set(names.map(({ perS }) => perS));
  return different.size === 1 ? names[0]!.perS : undefined;
}

/** Each name against the others and against the rate that ran. */
export function labelClaims(names: readonly NamedRate[], ran: RateClaim): SettingClaim[] {
  const isOne = new Set(names.map(({ perS }) => perS)).size <= 1;
  return names.map(({ what, text, perS }) => {
    const isAbove = ran.perS > perS * (1 + LABEL_SHARE_OFF);
    const isBelow = !isOne && ran.perS < perS * (1 - LABEL_SHARE_OFF);
    const found = `${figure(ran.perS)}/s`;
    return { what, labelled: text, found, holds: !isAbove && !isBelow };
  });
}
