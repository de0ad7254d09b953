/** How programs share a Sequans modem: six ids, of which each program sees its own (sequans.md 3). */
import type { Executor } from '../../at/channel.ts';
import type { Call } from '../../at/command-line.ts';
import { parseParams } from '../../at/params.ts';
import { ignoreRefusal } from '../../threegpp/failures.ts';
import type { Naming, Sharing } from '../sharing.ts';
import * as sequans from './commands.ts';
import { framing } from './urcs.ts';

const DOES: Readonly<Record<string, Naming['does']>> = {
  '+SQNSD': 'open',
  '+SQNSL': 'open',
  '+SQNSLUDP': 'open',
  '+SQNSH': 'close',
  '+SQNSCFG': 'configure',
  '+SQNSCFGEXT': 'configure',
  '+SQNSSCFG': 'configure',
  '+SQNSA': 'use',
  '+SQNSI': 'use',
  '+SQNSO': 'use',
  '+SQNSRECV': 'use',
  '+SQNSSEND': 'use',
  '+SQNSSENDEXT': 'use',
};

/** Where the number stands that is 1 for command mode and else 0, for online mode (3.4, 3.12). */
const CONNECTION_MODE: Readonly<Record<string, number>> = { '+SQNSD': 6, '+SQNSA': 1 };

const numbered = ({ text }: Call, place: number): number => Number(parseParams(text)[place] ?? Number.NaN);

/** NaN for what one firmware reads as another number than the next: `0x10`, `010`, `"16"`. Bytes too many would be commands. */
const counted = ({ text }: Call, place: number): number =>
  Number(/^[1-9]\d*$/.exec(text.split(',')[place] ?? '') ?? Number.NaN);

export const sharing: Sharing = {
  createFraming: isHex => {
    const forms = { hex: framing(true), raw: framing(false) };
    const idOf = (line: string): number =>
      Number(/^\+SQNS(?:RECV|RING): ?(\d+)/.exec(line)?.[1] ?? Number.NaN);
    return { ...forms.raw, block: line => forms[isHex(idOf(line)) ? 'hex' : 'raw'].block(line) };
  },

  payload: (call, isHex) => {
    if (call.form !== 'set') return undefined;
    if (call.name === '+SQNSSEND') return 'text';
    if (call.name === '+SQNSSENDEXT') return counted(call, 1) * (isHex(numbered(call, 0)) ? 2 : 1);
    // 0 takes a certificate away (3.17).
    if (call.name === '+SQNSNVW') return numbered(call, 2) || undefined;
    return undefined;
  },

  naming: ({ name, form }) => {
    const does = form === 'set' && Object.hasOwn(DOES, name) ? DOES[name] : undefined;
    return does && { does, place: 0, replyPlaces: [0] };
  },

  list: ({ name, form }) => {
    if (name === '+SQNSS' && (form === 'action' || form === 'read')) return { absent: ',0' };
    const named = Object.hasOwn(DOES, name) && (form === 'read' || (form === 'action' && name === '+SQNSI'));
    return named ? {} : undefined;
  },

  encoding: call =>
    call.name === '+SQNSCFGEXT' && call.form === 'set'
      ? { fromModem: numbered(call, 2) === 1, toModem: numbered(call, 5) === 1 }
      : undefined,

  leavesCommandMode: call => {
    if (call.name === '+SQNSO' && call.form !== 'test') return true;
    const place = CONNECTION_MODE[call.name];
    return place !== undefined && call.form === 'set' && numbered(call, place) !== 1;
  },

  urc: ({ name, params: [id] }) =>
    (name === '+SQNSRING' || name === '+SQNSH') && typeof id === 'number' ? { id, place: 0 } : undefined,

  urcNames: ['+SQNSRING', '+SQNSH'],
  replyNames: [],

  ids: async at => ({ all: (await status(at)).map(({ id }) => id) }),

  openIds: async at => (await status(at)).filter(({ state }) => state !== sequans.CLOSED).map(({ id }) => id),

  close: (at, id) => at.execute(sequans.close(id)),
};

/** Firmware knows one of two forms (13.4). */
async function status(at: Executor): Promise<sequans.Status[]> {
  const found = await at.execute(sequans.readStatus('')).catch(ignoreRefusal);
  return found?.length ? found : at.execute(sequans.readStatus('?'));
}
