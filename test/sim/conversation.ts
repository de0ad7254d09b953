/** A socket of a simulated modem and its peer, opened and used by raw commands, for both command sets. */
import type { SimOptions } from '../../src/sim/index.ts';
import { line, OK, type Terminal } from './terminal.ts';

export interface Conversation {
  send(message: Buffer): Promise<void>;
  /** What was told to wait. */
  answer(): Promise<Buffer>;
  /** What waits, if anything does. */
  read(): Promise<Buffer>;
}

export interface Place {
  readonly address: string;
  readonly port: number;
}

type Open = (at: Terminal, protocol: 'udp' | 'tcp', peer: Place) => Promise<Conversation>;

const openSequans: Open = async (at, protocol, { address, port }) => {
  await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
  await at.command(`AT+SQNSD=1,${protocol === 'udp' ? 1 : 0},${port},"${address}",0,0,1`, OK);
  const read = (): Promise<Buffer> => {
    at.write('AT+SQNSRECV=1,1500\r');
    return takeData(at, /\+SQNSRECV: 1,(\d+)\r\n/);
  };
  return {
    read,
    send: async message => {
      await at.command(`AT+SQNSSENDEXT=1,${message.length}`, '\r\n> ');
      at.stream.write(message);
      await at.expect(OK);
    },
    answer: async () => {
      await at.match(/\+SQNSRING: 1,\d+\r\n/);
      return read();
    },
  };
};

const openQuectel: Open = async (at, protocol, { address, port }) => {
  const family = address.includes(':') ? 'IPV6' : 'IP';
  await at.command(`AT+QFWDCLIENT=1,100,"${family}","${protocol}","${address}",${port}`, OK);
  await at.expect(line('+QFWDURC: "client/open",100,0'));
  const read = (): Promise<Buffer> => {
    at.write('AT+QFWDRECV=100,1024\r');
    return takeData(at, /\+QFWDRECV: 100,(\d+)\r\n/);
  };
  return {
    read,
    send: async message => {
      await at.command(`AT+QFWDSEND=100,0,${message.length}`, '\r\n> ');
      at.stream.write(message);
      await at.match(/\+QFWDSEND: 100,\d+\r\n\r\nOK\r\n/);
    },
    answer: async () => {
      await at.match(/"client\/read",100,\d+\r\n/);
      return read();
    },
  };
};

async function takeData(at: Terminal, header: RegExp): Promise<Buffer> {
  const [, length] = await at.match(header);
  const data = await at.take(Number(length));
  await at.match(/\r\nOK\r\n/);
  return data;
}

/** For describe.each: a command set, and how it opens a conversation on socket 1 or 100. */
export const openers: readonly [NonNullable<SimOptions['commandSet']>, Open][] = [
  ['sequans', openSequans],
  ['quectel-qfwd', openQuectel],
];
