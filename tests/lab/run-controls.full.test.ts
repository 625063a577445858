/** Every negative control, each with the fault that shows its weakness most surely. */
import { CONTROLS } from './controls/controls.ts';
import { testControls } from './controls/test-controls.ts';

testControls(CONTROLS);
