/** atsock: Node's dgram, net and dns over the AT socket commands of a cellular modem. */
export { AtError } from './at/at-error.ts';
export type { AtErrorKind } from './at/result-code.ts';
export type { NetworkStatus, Registration, SocketLimits } from './driver/driver.ts';
export { type SocketErrno, SocketFailure } from './driver/socket-failure.ts';
export { Modem, type ModemState, type OpenOptions, openModem } from './modem.ts';
export type { ModemAt } from './modem-at.ts';
export type { ModemInfo, ModemStats, ModemStatus } from './modem-figures.ts';
export type { ModemOptions } from './modem-url.ts';
export type { Action } from './recovery/ladder.ts';
export type { RecoveryEvent } from './recovery/supervisor.ts';
export type { Complaint, Helper, WatchdogOptions } from './recovery/treatment.ts';
export type {
  OutgoingSms,
  ReceivedSms,
  SentSms,
  SmsEvents,
  SmsReport,
  StoredSms,
  UnreadableSms,
} from './sms/messages.ts';
export { openPartStore, type PartStore, type StoredPart } from './sms/part-store.ts';
export { Sms } from './sms/sms.ts';
export { SmsError } from './sms/sms-error.ts';
export { type Deviation, deviations } from './sockets/deviations.ts';
