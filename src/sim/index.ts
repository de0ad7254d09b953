/** The package entry `atsock/sim`: a modem made of software, for tests without hardware. */
export type { Mouth, Saying, SayingKind } from './saying.ts';
export type { Coverage, Cure } from './sim-air.ts';
export { createSim, type SimModem } from './sim-modem.ts';
export {
  type PdpKind,
  type Profile,
  parseSimOptions,
  type SimOptions,
  simParameters,
} from './sim-options.ts';
export { openPty, type SimPty } from './sim-pty.ts';
export { listenSim, type SimServer } from './sim-server.ts';
export type { CommandSetName } from './sim-switches.ts';
export { switches as simFaults, switchesOf as simFaultsOf } from './sim-switches.ts';
export type { SentMessage, SimMessages } from './sms/centre.ts';
