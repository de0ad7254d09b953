/** What the service needs of a modem. */
import type { Modem } from '../modem.ts';

export type ServedModem = Pick<Modem, 'state' | 'info' | 'status' | 'stats' | 'on' | 'off' | 'at' | 'sms'>;
