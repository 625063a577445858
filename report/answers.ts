/** Needs that people come with, and what the measured facts say to them. */
import { formatNumber } from '../lab/table.ts';
import type { Choice, Offer } from './decision.ts';
import { figureText } from './uncertainty.ts';

export interface Need {
  readonly words: string;
  readonly likesPerS: number;
  readonly isOrdered: boolean;
  readonly tier: 'kill' | 'power';
}

export const NEEDS: readonly Need[] = [
  {
    words: '500 likes/s, each post in order, and none lost in a power cut',
    likesPerS: 500,
    isOrdered: true,
    tier: 'power',
  },
  {
    words: '500 likes/s, in any order, and none lost when the server is killed',
    likesPerS: 500,
    isOrdered: false,
    tier: 'kill',
  },
  {
    words: '50,000 likes/s, each post in order, and none lost when the server is killed',
    likesPerS: 50_000,
    isOrdered: true,
    tier: 'kill',
  },
];

export interface Answer {
  readonly need: Need;
  readonly fits: readonly { readonly choice: Choice; readonly reasons: readonly string[] }[];
  readonly others: readonly { readonly choice: Choice; readonly obstacle: string }[];
  /** Fits whose survival was promised and never tried. */
  readonly untested: readonly Choice[];
}

export function answerTo(need: Need, choices: readonly Choice[]): Answer {
  const told = choices.map((choice) => ({ choice, obstacle: obstacleOf(need, choice) }));
  const fits = told.filter(({ obstacle }) => obstacle === undefined).map(({ choice }) => choice);
  return {
    need,
    fits: fits.map((choice) => ({ choice, reasons: reasonsOf(need, choice) })),
    others: told.flatMap(({ choice, obstacle }) =>
      obstacle === undefined ? [] : [{ choice, obstacle }],
    ),
    untested: fits.filter((choice) => choice[need.tier].survives.word === 'not tested'),
  };
}

/** Undefined when nothing that was measured speaks against it. */
function obstacleOf({ isOrdered, likesPerS, tier }: Need, choice: Choice): string | undefined {
  if (isOrdered && choice.order.word !== 'yes') return choice.order.text;
  const { survives, correctLikesPerS } = choice[tier];
  if (survives.word === 'no' || survives.word === 'not offered') return survives.text;
  if (correctLikesPerS === undefined) return `no rate was measured at tier ${tier}`;
  const most = correctLikesPerS.figure.low;
  return most < likesPerS ? `${formatNumber(most, 0)} correct likes/s at most` : undefined;
}

function reasonsOf({ isOrdered, tier }: Need, choice: Choice): string[] {
  const offer = choice[tier];
  return [
    ...(isOrdered ? [choice.order.text] : []),
    `${tier === 'power' ? 'power cut' : 'killed server'}: ${offer.survives.text}${chanceOf(offer)}`,
    `${figureText(offer.correctLikesPerS!.figure, 0)} correct likes/s`,
    ...(offer.p99Ms ? [`p99 ${lateness(offer.p99Ms)}`] : []),
  ];
}

/** What few strikes without a loss leave open, in the words of the table of all strikes. */
function chanceOf({ survives: { lossChanceMax } }: Offer): string {
  if (lossChanceMax === undefined) return '';
  const percent = formatNumber(lossChanceMax * 100, lossChanceMax < 0.1 ? 1 : 0);
  return ` (loss chance <\u00a0${percent}\u00a0%)`;
}

/** Such as `14.2 ms at 2,000/s`. */
export function lateness({ figure, likesPerS }: NonNullable<Offer['p99Ms']>): string {
  return `${figureText(figure, 1)} ms at ${formatNumber(likesPerS, 0)}/s`;
}

/** `a`, `a or b`, `a, b or c`. */
export function either(names: readonly string[], word = 'or'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}
