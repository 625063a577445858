/** Whether what the lab measures agrees with the closed forms of queueing theory. */
import type { Column } from '../lab/experiment.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** How far from the closed form a figure may lie, beside what the lab adds by itself. */
const TOLERANCE_SHARE = 0.05;
/** Standard errors that 95 % of all runs stay within. */
const ERRORS_95 = 1.96;

type Field = 'meanUs' | 'p99Us';

/** Mean and p99 of what the lab adds up to the delivery where the queue takes no time. */
function allowanceUs(results: readonly TrialResult[], likesPerS: number, field: Field): number {
  const empty = results.filter(
    ({ plan, addedLatency, numbersValid }) =>
      numbersValid && plan.service === undefined && addedLatency !== undefined,
  );
  const distance = ({ plan }: TrialResult) => Math.abs((plan.likesPerS ?? 0) - likesPerS);
  const nearest = Math.min(...empty.map(distance));
  const found = empty.filter((result) => distance(result) === nearest);
  if (found.length === 0) return 0;
  return median(found.map((r) => r.addedLatency!.toDelivered[field]));
}

/** How much more than the closed form may be measured. */
function allowedUs(
  { addedLatency, plan }: TrialResult,
  results: readonly TrialResult[],
  field: Field,
): number | undefined {
  const longRun = addedLatency?.queue?.longRun;
  if (longRun === undefined) return undefined;
  return TOLERANCE_SHARE * longRun[field] + allowanceUs(results, plan.likesPerS ?? 0, field);
}

/**
 * `yes` where the difference is within 5 % and what the lab adds where there is no queue; `no`
 * where it is beyond that and beyond chance too; else the run was too short to tell.
 */
export function agreementOf(
  result: TrialResult,
  results: readonly TrialResult[],
  field: Field,
): 'yes' | 'no' | 'too short to tell' | undefined {
  const queue = result.addedLatency?.queue;
  if (queue?.longRun === undefined) return undefined;
  const { measured, longRun } = queue;
  const errorUs = longRun[field === 'meanUs' ? 'meanErrorUs' : 'p99ErrorUs'];
  const more = measured[field] - longRun[field];
  // What the lab adds makes a figure larger, never smaller.
  const least = -TOLERANCE_SHARE * longRun[field];
  const most = allowedUs(result, results, field)!;
  if (more >= least && more <= most) return 'yes';
  const beyondUs = more > most ? more - most : least - more;
  return beyondUs > ERRORS_95 * errorUs ? 'no' : 'too short to tell';
}

function columnsFor(field: Field, name: string, results: readonly TrialResult[]): Column[] {
  const longRunOf = ({ addedLatency }: TrialResult) => addedLatency?.queue?.longRun;
  const share = (us: number | undefined, ofUs: number | undefined) =>
    us === undefined || ofUs === undefined ? undefined : (us / ofUs) * 100;
  return [
    {
      head: `${name} measured ms`,
      meaning: `From due to delivered: ${name === 'mean' ? 'the mean' : '99 % are faster'}.`,
      digits: 2,
      value: ({ addedLatency }) => milliseconds(addedLatency?.queue?.measured[field]),
    },
    {
      head: `${name} on the same draws ms`,
      meaning: "The same by Lindley's recursion over the due times and services of this trial.",
      digits: 2,
      value: ({ addedLatency }) => milliseconds(addedLatency?.queue?.sameDraws[field]),
    },
    {
      head: `${name} in the long run ms`,
      meaning:
        name === 'mean'
          ? 'The closed form: 1 / (μ - λ) for exponential services, Pollaczek and Khinchine for ' +
            'fixed ones.'
          : "The closed form: of an exponential time for exponential services, by Erlang's and " +
            "Crommelin's series for fixed ones.",
      digits: 2,
      value: (result) => milliseconds(longRunOf(result)?.[field]),
    },
    {
      head: `${name} differs %`,
      meaning: 'The measured one from the closed form.',
      value(result) {
        const { measured, longRun } = result.addedLatency?.queue ?? {};
        const percent = share(measured?.[field], longRun?.[field]);
        return percent === undefined ? undefined : signed(percent - 100);
      },
    },
    {
      head: `${name} allowed ms`,
      meaning:
        'How much more may be measured: 5 % of the closed form, and what the lab adds up to the ' +
        'delivery where there is no service, at the nearest rate.',
      digits: 2,
      value: (result) => milliseconds(allowedUs(result, results, field)),
    },
    {
      head: `${name} by chance ± %`,
      meaning:
        'How far 95 % of all runs of this length lie from the closed form at most, were there no ' +
        'lab at all: 1.96 standard errors, from 40 runs made by Lindley’s recursion. Above 5 % ' +
        'the closed form is no sharp test, and the same draws are.',
      digits: 1,
      value(result) {
        const longRun = longRunOf(result);
        const errorUs = longRun?.[field === 'meanUs' ? 'meanErrorUs' : 'p99ErrorUs'];
        const percent = share(errorUs, longRun?.[field]);
        return percent === undefined ? undefined : percent * ERRORS_95;
      },
    },
    {
      head: `${name} agrees`,
      meaning:
        'Whether no more than what is allowed was measured, and not 5 % less. `too short to ' +
        'tell`: neither, and chance alone could explain that.',
      value: (result) => agreementOf(result, results, field),
      isFinding: true,
    },
  ];
}

function milliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1_000;
}

function signed(percent: number): string {
  return `${percent < 0 ? '−' : '+'}${formatNumber(Math.abs(percent), 1)}`;
}

/** `results`: all of the calibration, so that those without a service tell what the lab adds. */
export function agreementColumns(results: readonly TrialResult[]): readonly Column[] {
  return [...columnsFor('meanUs', 'mean', results), ...columnsFor('p99Us', 'p99', results)];
}
