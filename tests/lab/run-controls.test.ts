/** The negative controls that take the least time; run-controls.full.test.ts has all of them. */
import { CONTROLS } from './controls/controls.ts';
import { testControls } from './controls/test-controls.ts';

/** One each for the death of the server, a power cut, and the death of a consumer. */
const QUICK = ['redis-no-aof', 'redis-everysec', 'ack-before-store'];

testControls(CONTROLS.filter(({ broker }) => QUICK.includes(broker)));
