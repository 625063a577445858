import { expect, test } from 'vitest';
import { readSightings, SightingWriter } from '../../lab/sightings.ts';
import { recordsFolder } from './trial-fixture.ts';

test('sightings are read back as they were written, more than wait in memory at once', () => {
  using folder = recordsFolder();
  const path = folder.path('sightings');
  const sightings = Array.from({ length: 2_500 }, (_, number) => ({
    place: number % 2,
    likes: number,
    unlikes: 1,
    beforeUs: number + 0.125,
    fromUs: number + 0.25,
    toUs: number + 0.5,
  }));
  {
    using writer = new SightingWriter(path, ['post "1"', 'post\n2']);
    for (const sighting of sightings) writer.add(sighting);
  }
  expect(readSightings(path)).toEqual({ posts: ['post "1"', 'post\n2'], sightings });
});
