/** Bounds that a viewer was served, kept to be held against the records after the trial. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { LabError } from './lab-error.ts';
import { Places, setFirst } from './measure-latency.ts';
import { KIND } from './record-format.ts';
import { Names, readMerged } from './record-reader.ts';

const samplesSchema = z.array(
  z.strictObject({
    post: z.string(),
    /** On the trial's clock. */
    asOfUs: z.number(),
    /** Likes and unlikes that were in the count. */
    counted: z.int().nonnegative(),
    missingAtMost: z.int().nonnegative(),
  }),
);

export type BoundSample = z.infer<typeof samplesSchema>[number];

export function writeBoundSamples(path: string, samples: readonly BoundSample[]): void {
  writeFileSync(path, JSON.stringify(samples));
}

/** @throws LabError RECORDS_UNREADABLE when the file is not one of samples */
export function readBoundSamples(path: string): BoundSample[] {
  try {
    return samplesSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new LabError(
      'RECORDS_UNREADABLE',
      `${path} holds no samples of bounds; run the trial again`,
      { cause },
    );
  }
}

/**
 * Of a post's likes that had been acknowledged before the time that a count is as of, the count
 * lacks at most its bound. A producer notes an acknowledgement after the server has it, so what is
 * held against the bound is never more than what the server had accepted.
 */
export function checkBounds(
  samples: readonly BoundSample[],
  { producerRecords, likes }: { producerRecords: readonly string[]; likes: number },
): { checked: number; broken: number } {
  const acknowledged = acknowledgedUs(new Set(samples.map(({ post }) => post)), {
    producerRecords,
    likes,
  });
  const broken = samples.filter(({ post, asOfUs, counted, missingAtMost }) => {
    const times = acknowledged.get(post) ?? [];
    const before = times.filter((us) => us < asOfUs).length;
    return before - counted > missingAtMost;
  });
  return { checked: samples.length, broken: broken.length };
}

/** When the likes of these posts were acknowledged first. */
function acknowledgedUs(
  posts: ReadonlySet<string>,
  { producerRecords, likes }: { producerRecords: readonly string[]; likes: number },
): Map<string, number[]> {
  const names = new Names();
  const places = new Places();
  const postOfPlace: (string | undefined)[] = [];
  const firstUs = new Float64Array(likes).fill(Number.NaN);
  for (const block of readMerged(producerRecords, names)) {
    const { kind, source, seq, post } = block;
    for (let index = 0; index < block.count; index++) {
      if (kind === KIND.attempted) {
        const place = places.add(source, seq(index));
        if (place === undefined) continue;
        const name = names.nameOf(post(index));
        postOfPlace[place] = posts.has(name) ? name : undefined;
      } else if (kind === KIND.ok) {
        setFirst(firstUs, places.of(source, seq(index)), block.timeUs);
      }
    }
  }
  const times = new Map<string, number[]>();
  for (const [place, post] of postOfPlace.entries()) {
    if (post === undefined || Number.isNaN(firstUs[place])) continue;
    const ofPost = times.get(post);
    if (ofPost === undefined) times.set(post, [firstUs[place]!]);
    else ofPost.push(firstUs[place]!);
  }
  return times;
}
