/** What stands around the tables: the overview before them, the course's comparison after them. */
import type { Frame } from '../lab/report.ts';
import { compareWithCourse } from './course-comparison.ts';
import { describeLabItself } from './lab-itself.ts';
import { OVERVIEW_MEANINGS, overviewOf } from './overview.ts';

export const FRAME: Frame = {
  labItself: describeLabItself,
  overview: overviewOf,
  overviewMeanings: OVERVIEW_MEANINGS,
  appendix: compareWithCourse,
};
