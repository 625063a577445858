/** Which trials a run consists of, and in which order. */
import { Random } from '../likes/workloads/random.ts';
import type { Experiment, Profile, Step, StepOrder } from './experiment.ts';
import type { Contender } from './trial-plan.ts';

export interface Job extends Contender {
  readonly experiment: Experiment;
  readonly step: Step;
  /** Repeats before this one, where a comparison may be decided by fewer than are planned. */
  readonly repeatsBefore?: number;
  /** What the experiment was asked, where it goes on from its results. */
  readonly order?: StepOrder;
}

/** Keeps the order's random numbers apart from those of the workloads with the same seed. */
const SCHEDULE_SEQUENCE = 7_001;

export interface ScheduleOptions {
  readonly experiments: readonly Experiment[];
  readonly contenders: readonly Contender[];
  readonly profile: Profile;
  readonly likes: number | 'all' | undefined;
  readonly repeats: number;
  /** Whether the user chose that number; else an experiment's own goes before it. */
  readonly repeatsChosen?: boolean;
  /** Of experiments that stop when their comparison is decided: so many at most. */
  readonly repeatsUndecided?: number | undefined;
  /** What the user chose for every step; undefined leaves it to each. */
  readonly consumers?: number | undefined;
  readonly lanes?: number | undefined;
  readonly faults?: readonly string[] | undefined;
  readonly strikes?: number | undefined;
  readonly objectiveMs?: number | undefined;
  readonly seed: number;
}

/**
 * Repeats are interleaved: each step runs on every contender, in a seeded random order, before the
 * next one, so that what drifts on the machine meets all of them alike.
 */
export function schedule(options: ScheduleOptions): Job[] {
  const random = Random.seeded(options.seed, SCHEDULE_SEQUENCE);
  const { profile, likes, faults, strikes, repeatsUndecided, objectiveMs } = options;
  return options.experiments.flatMap((experiment) => {
    const jobs: Job[] = [];
    const mayStop = experiment.stopsWhenDecided && repeatsUndecided !== undefined;
    const usual = (!options.repeatsChosen && experiment.repeats) || options.repeats;
    const repeats = mayStop ? repeatsUndecided : usual;
    const contenders = withTwins(experiment, options);
    const asked = { profile, likes, faults, strikes, repeats, objectiveMs };
    const goesOn = experiment.next !== undefined;
    const stepsOf = new Map(
      contenders.map((contender) => {
        const steps = experiment.steps({ ...asked, contender });
        return [contender, withoutDoubles(steps, options)] as const;
      }),
    );
    const places = Math.max(0, ...[...stepsOf.values()].map(({ length }) => length));
    for (let repeat = 0; repeat < (goesOn ? 1 : repeats); repeat++) {
      for (let place = 0; place < places; place++) {
        for (const contender of shuffled(contenders, random)) {
          const step = stepsOf.get(contender)![place];
          if (step?.once && repeat > 0) continue;
          const early = mayStop && { repeatsBefore: repeat };
          const order = goesOn && { order: { ...asked, contender } };
          if (step !== undefined) jobs.push({ ...contender, experiment, step, ...early, ...order });
        }
      }
    }
    const most = experiment.trialsMax?.(profile);
    return most === undefined ? jobs : shuffled(jobs, random).slice(0, most);
  });
}

/** Whoever runs under two names meets what drifts on the machine as two brokers would. */
function withTwins(
  experiment: Experiment,
  { contenders, profile }: ScheduleOptions,
): readonly Contender[] {
  const { besides = [] } = experiment;
  const twins = experiment.twins?.(contenders, profile) ?? [];
  return [
    ...contenders,
    ...besides,
    ...twins.map((one) => ({ ...one, alias: `${one.broker} (again)` })),
  ];
}

/** Where the user chose consumers or lanes, steps that differed in those alone are one. */
function withoutDoubles(
  steps: readonly Step[],
  { consumers, lanes }: Pick<ScheduleOptions, 'consumers' | 'lanes'>,
): Step[] {
  const nameOf = (step: Step) =>
    JSON.stringify({
      ...step,
      consumers: consumers ?? step.consumers,
      lanes: lanes ?? step.lanes,
    });
  return [...new Map(steps.map((step) => [nameOf(step), step])).values()];
}

/** Fisher and Yates' shuffle, on a copy. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
