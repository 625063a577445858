/** Checks on what a row is called: its settings, and that its work is that of the others. */
import { type Check, cannotTell, clean, hit, together } from '../check.ts';

export const settingsLabel: Check = {
  name: 'settings-label',
  mistake: 'a label that is not what ran',
  find({ settings }) {
    const isHit = settings.some(({ holds }) => holds === false);
    const untold = settings.find(({ holds }) => holds === undefined);
    // What is not told must not hide behind what is.
    if (!isHit && untold) return cannotTell(`${untold.what} ${untold.labelled}: ${untold.found}`);
    return together(
      settings.map(({ what, labelled, found, holds }) =>
        holds
          ? clean(`${what} ${labelled}: ${found}`)
          : hit(`${what} is labelled ${labelled}, found: ${found}`, found),
      ),
      'settings that were read back',
    );
  },
};

export const equalWork: Check = {
  name: 'equal-work',
  mistake: 'work that is not the same for every like, message or request',
  find: ({ work }) =>
    together(
      work.map(({ what, holds, evidence, wouldBe }) =>
        holds ? clean(`${what}: ${evidence}`) : hit(`${what}: ${evidence}`, wouldBe),
      ),
      'whether all were the same work',
    ),
};
