/** Doubtful points and faults of short messages, as named switches: for every command set. */
import type { SwitchList } from '../switch-list.ts';

export const smsSwitches = {
  'sms-result-lost': {
    does: 'of about one message in three that is sent, nothing more is said',
    source: 'reliability.md F65',
  },
  'sms-refused': { does: 'the network refuses about one message in three', source: 'reliability.md F66' },
  'sms-slow': { does: 'the network takes 200 ms for each message', source: '27.005 4.3' },
  'sms-pdu-mode-refused': { does: 'AT+CMGF=0 is an ERROR', source: '27.005 3.2.3' },
  'sms-reports-not-stored': { does: 'reports come as +CDS or not at all', source: '27.005 3.4.1' },
  'sms-empty-read-ok': { does: 'AT+CMGR of an empty place is OK and no more', source: '27.005 4.2' },
  'sms-announcement-lost': { does: 'no message is announced by +CMTI, no report by +CDSI', source: 'F69' },
  'sms-announcement-doubled': { does: '+CMTI and +CDSI come twice', source: 'reliability.md F69' },
  'stop-urc-after-send': {
    does: 'behind the first message that is sent nothing is announced until the next AT+CNMI',
    source: 'reliability.md F67',
  },
} as const satisfies SwitchList;
