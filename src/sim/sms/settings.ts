/** The settings of short messages (27.005 3): format, storages, announcements, text mode. A restart forgets them. */
import type { Arguments } from '../arguments.ts';
import type { Command, CommandSet } from '../command-set.ts';
import { Refusal } from '../refusal.ts';
import type { Switches } from '../sim-switches.ts';
import type { MessageCentre } from './centre.ts';
import { type Storage, type StorageName, storageNames } from './storage.ts';

export const charsets = ['GSM', 'IRA', 'UCS2'] as const;
export type Charset = (typeof charsets)[number];

export class MessageSettings {
  /** +CMGF: 0 PDU, 1 text. */
  format = 0;
  charset: Charset = 'GSM';
  /** +CSMS. */
  service = 0;
  /** +CNMI: mode, mt, bm, ds, bfr. */
  announcing: readonly number[] = [0, 0, 0, 0, 0];
  /** +CSMP: first octet, validity, protocol, coding. */
  text: readonly number[] = [17, 167, 0, 0];
  /** +CSDH. */
  showsHeader = 0;
  /** +CPMS: to read and delete, to write and send from, to receive. */
  storages: readonly [StorageName, StorageName, StorageName] = ['SM', 'SM', 'SM'];
}

export function settingCommands(
  settings: MessageSettings,
  centre: MessageCentre,
  switches: Switches,
): CommandSet {
  return {
    '+CMGF': {
      ...flag('+CMGF', settings, 'format'),
      set: args => {
        const format = args.choice([0, 1], 0);
        args.end();
        if (format === 0 && switches.has('sms-pdu-mode-refused')) throw new Refusal('ERROR');
        settings.format = format;
      },
    },
    '+CSMS': {
      test: '(0,1)',
      read: (_, reply) => reply.info(`+CSMS: ${settings.service},1,1,1`),
      set: (args, reply) => {
        settings.service = args.choice([0, 1]);
        args.end();
        reply.info('+CSMS: 1,1,1');
      },
    },
    '+CSDH': flag('+CSDH', settings, 'showsHeader'),
    '+CSCS': charsetCommand(settings),
    '+CNMI': announcements(settings, switches),
    '+CSMP': textParameters(settings),
    '+CPMS': storageCommand(settings, centre),
    '+CSCA': centreCommand(centre),
    '+CNUM': { action: (_, reply) => reply.info(`+CNUM: ,"${centre.number}",145`) },
  };
}

function flag(name: string, settings: MessageSettings, key: 'format' | 'showsHeader'): Command {
  return {
    test: '(0,1)',
    read: (_, reply) => reply.info(`${name}: ${settings[key]}`),
    set: args => {
      const value = args.choice([0, 1], 0);
      args.end();
      settings[key] = value;
    },
  };
}

function charsetCommand(settings: MessageSettings): Command {
  return {
    test: `(${charsets.map(name => `"${name}"`).join(',')})`,
    read: (_, reply) => reply.info(`+CSCS: "${settings.charset}"`),
    set: args => {
      const wanted = args.quoted();
      args.end();
      settings.charset = oneOf(charsets, wanted);
    },
  };
}

/** Without an argument everything is switched off (27.005 3.4.1). */
function announcements(settings: MessageSettings, switches: Switches): Command {
  const reports = switches.has('sms-reports-not-stored') ? [0, 1] : [0, 1, 2];
  return {
    test: `(0-2),(0-3),(0,2),(${reports.join(',')}),(0,1)`,
    read: (_, reply) => reply.info(`+CNMI: ${settings.announcing.join(',')}`),
    set: args => {
      const wanted = [
        args.integer(0, 2, 0),
        args.integer(0, 3, 0),
        args.choice([0, 2], 0),
        args.choice(reports, 0),
        args.choice([0, 1], 0),
      ];
      args.end();
      settings.announcing = wanted;
    },
  };
}

function textParameters(settings: MessageSettings): Command {
  return {
    read: (_, reply) => reply.info(`+CSMP: ${settings.text.join(',')}`),
    set: args => {
      const [first = 0, ...others] = settings.text;
      const wanted = [args.integer(0, 255, first), ...others.map(value => args.integer(0, 255, value))];
      args.end();
      settings.text = wanted;
    },
  };
}

function storageCommand(settings: MessageSettings, { storages }: MessageCentre): Command {
  const fill = (storage: Storage): string => `${storage.used},${storage.places.length}`;
  const choices = `(${storageNames.map(name => `"${name}"`).join(',')})`;
  return {
    test: [choices, choices, choices].join(','),
    read: (_, reply) => {
      const each = settings.storages.map(name => `"${name}",${fill(storages[name])}`);
      reply.info(`+CPMS: ${each.join(',')}`);
    },
    set: (args, reply) => {
      const [reading, writing, receiving] = settings.storages;
      const wanted = [
        takeStorage(args, reading),
        takeStorage(args, writing),
        takeStorage(args, receiving),
      ] as const;
      args.end();
      settings.storages = wanted;
      reply.info(`+CPMS: ${wanted.map(name => fill(storages[name])).join(',')}`);
    },
  };
}

const takeStorage = (args: Arguments, fallback: StorageName): StorageName =>
  oneOf(storageNames, args.quoted(fallback));

function centreCommand(centre: MessageCentre): Command {
  return {
    read: (_, reply) => {
      const { serviceCentre } = centre;
      reply.info(`+CSCA: "${serviceCentre}",${serviceCentre.startsWith('+') ? 145 : 129}`);
    },
    set: args => {
      const number = args.quoted();
      args.choice([129, 145], 129);
      args.end();
      if (!/^\+?\d{1,20}$/.test(number)) throw new Refusal({ cms: 304 });
      centre.serviceCentre = number;
    },
  };
}

function oneOf<T extends string>(values: readonly T[], wanted: string): T {
  const found = values.find(value => value === wanted);
  if (found === undefined) throw new Refusal({ cms: 302 });
  return found;
}
