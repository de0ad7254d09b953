/** What the service needs of a modem; `Modem` has it. */
import type { Modem } from '../modem.ts';
import type { Sms } from '../sms/sms.ts';

export interface ServedModem extends Pick<Modem, 'state' | 'info' | 'status' | 'stats' | 'on' | 'off'> {
  readonly at: Pick<Modem['at'], 'send'>;
  readonly sms: Pick<Sms, 'send' | 'receive' | 'on' | 'off'>;
}
