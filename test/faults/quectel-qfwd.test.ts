/** Fault schedules on Quectel modems: 1,000 in every run. */
import { testSchedules } from './schedules-in-ci.ts';

testSchedules('quectel-qfwd');
