/** TCP in bulk: byte-exact both ways, and back-pressure in both directions with nothing lost. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { type TcpEnd, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, type Terminal } from './terminal.ts';

const PROMPT = '\r\n> ';
const FULL = error(4);
const MIB = 1 << 20;
const PIECE = 1500;

/** What a parser that does not count would fall for, with every byte value in it. */
const NASTY = Buffer.concat([
  Buffer.from(
    '\r\nOK\r\n\r\nERROR\r\n\r\n+CME ERROR: 4\r\n\r\n> \r\nNO CARRIER\r\n\r\n+SQNSRING: 1,5\r\n',
    'latin1',
  ),
  Buffer.from('\r\n+SQNSRECV: 1,1500\r\nAT+SQNSH=1\r\x1a\x1b+++\r\n+SQNSH: 1\r\n+SYSSTART\r\n', 'latin1'),
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
]);

function nasty(length: number): Buffer {
  return Buffer.alloc(length, NASTY);
}

/** Socket 1 to a service; `reading` tells whether the peer reads. */
async function connected(
  options: SimOptions = {},
  reading = true,
): Promise<{ at: Terminal; sim: SimModem; peer: TcpEnd }> {
  const service = await TcpService.open('127.0.0.1', reading);
  const { at, sim } = await openTerminal(options);
  await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0;+SQNSCFG=1,1,0,0,600,50', OK);
  await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, OK);
  return { at, sim, peer: await service.caller() };
}

/** False if it got no prompt. */
async function send(at: Terminal, bytes: Buffer): Promise<boolean> {
  at.write(`AT+SQNSSENDEXT=1,${bytes.length}\r`);
  const [, answer] = await at.match(/\r\n(> |\+CME ERROR: 4\r\n)/);
  if (answer !== '> ') return false;
  at.stream.write(bytes);
  await at.match(/\r\nOK\r\n/);
  return true;
}

/** Until the modem has this many bytes for the peer, one refusal after the other. */
async function sendAll(at: Terminal, bytes: Buffer): Promise<number> {
  let refusals = 0;
  for (let offset = 0; offset < bytes.length; ) {
    const piece = bytes.subarray(offset, offset + PIECE);
    if (await send(at, piece)) offset += piece.length;
    else refusals++;
    if (refusals > 1000) throw new Error('refused for ever');
  }
  return refusals;
}

/** What one read gives. */
async function read(at: Terminal): Promise<Buffer> {
  at.write(`AT+SQNSRECV=1,${PIECE}\r`);
  const [, length] = await at.match(/\r\n\+SQNSRECV: 1,(\d+)\r\n/);
  if (length === '0') {
    await at.match(/^\r\nOK\r\n/);
    return Buffer.alloc(0);
  }
  const data = await at.take(Number(length));
  await at.match(/^(\r\n\+SQN.*\r\n)*\r\n(\r\n\+SQN.*\r\n)*\r\nOK\r\n/);
  return data;
}

async function readAll(at: Terminal, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let count = 0; count < length; ) {
    const piece = await read(at);
    pieces.push(piece);
    count += piece.length;
    if (piece.length === 0) await new Promise(setImmediate);
  }
  return Buffer.concat(pieces);
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function counters(
  at: Terminal,
): Promise<{ sent: number; received: number; unread: number; waiting: number }> {
  at.write('AT+SQNSI=1\r');
  const [, ...found] = await at.match(/\r\n\+SQNSI: 1,(\d+),(\d+),(\d+),(\d+)\r\n\r\nOK\r\n/);
  const [sent = 0, received = 0, unread = 0, waiting = 0] = found.map(Number);
  return { sent, received, unread, waiting };
}

/** Sends until the modem has no room for more. */
async function fill(at: Terminal): Promise<number> {
  const piece = nasty(PIECE);
  let sent = 0;
  // The kernel's own buffers come first; they are a few MiB.
  for (let refused = 0; refused < 20; ) {
    if (await send(at, piece)) {
      sent += piece.length;
      refused = 0;
    } else {
      refused++;
    }
    if (sent > 64 * MIB) throw new Error('it takes without end');
  }
  return sent;
}

describe('1 MiB of result codes, prompts and every byte value', () => {
  it.each(['', 'recv-short', 'small-receive-buffer', 'ring-when-empty', 'ring-total'])(
    'passes byte for byte each way [%s]',
    async fault => {
      const { at, peer } = await connected({ faults: fault ? [fault] : [] });
      const bytes = nasty(MIB);
      await sendAll(at, bytes);
      expect(digest(await peer.hear(MIB))).toBe(digest(bytes));
      peer.socket.write(bytes);
      expect(digest(await readAll(at, MIB))).toBe(digest(bytes));
      const { sent, received, unread } = await counters(at);
      expect([sent, received, unread]).toEqual([MIB, MIB, 0]);
    },
    30_000,
  );

  it('passes both ways at once, to and from a peer that echoes', async () => {
    const { at, peer } = await connected();
    peer.socket.pipe(peer.socket);
    const bytes = nasty(MIB);
    const back: Buffer[] = [];
    let count = 0;
    for (let offset = 0; count < MIB; ) {
      const piece = bytes.subarray(offset, offset + PIECE);
      if (piece.length > 0 && (await send(at, piece))) offset += piece.length;
      const data = await read(at);
      back.push(data);
      count += data.length;
      if (data.length === 0) await new Promise(setImmediate);
    }
    expect(digest(Buffer.concat(back))).toBe(digest(bytes));
  }, 30_000);
});

describe('back-pressure', () => {
  it('a peer that does not read fills the modem, which then gives no prompt; all arrives later', async () => {
    const { at, peer } = await connected({}, false);
    const sent = await fill(at);
    const full = await counters(at);
    expect(full.sent).toBe(sent);
    // 8 KiB, in pieces of 1500.
    expect(full.waiting).toBe(7500);
    await at.command('AT+SQNSSENDEXT=1,693', FULL);
    await at.command('AT+SQNSSENDEXT=1,692', PROMPT);
    at.stream.write(nasty(692));
    await at.expect(OK);
    peer.read();
    const heard = await peer.hear(sent + 692);
    expect(digest(heard.subarray(0, PIECE))).toBe(digest(nasty(PIECE)));
    expect(digest(heard)).toBe(
      digest(Buffer.concat([...Array.from({ length: sent / PIECE }, () => nasty(PIECE)), nasty(692)])),
    );
    while ((await counters(at)).waiting > 0) await new Promise(setImmediate);
    expect(await send(at, nasty(PIECE))).toBe(true);
  }, 30_000);

  it('a close behind a full buffer still delivers all of it, then the FIN', async () => {
    const { at, peer } = await connected({}, false);
    const sent = await fill(at);
    await at.command('AT+SQNSH=1', OK);
    // The id is free although the old connection has something left to say.
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    peer.read();
    expect((await peer.hear(sent)).length).toBe(sent);
    expect(await peer.ended()).toBe('end');
  }, 30_000);

  it('after a FIN of the peer what waits is still sent, and counted down', async () => {
    const { at, peer } = await connected({}, false);
    const sent = await fill(at);
    peer.socket.end();
    await at.expect(line('+SQNSH: 1'));
    expect((await counters(at)).waiting).toBe(7500);
    peer.read();
    expect((await peer.hear(sent)).length).toBe(sent);
    while ((await counters(at)).waiting > 0) await new Promise(setImmediate);
  }, 30_000);

  it('after a reset of the peer the count of what waits stays', async () => {
    const { at, peer } = await connected({}, false);
    await fill(at);
    peer.socket.resetAndDestroy();
    await at.expect(line('+SQNSH: 1'));
    for (let n = 0; n < 10; n++) expect((await counters(at)).waiting).toBe(7500);
    await at.command('AT+SQNSH=1', OK);
    expect((await counters(at)).waiting).toBe(0);
  }, 30_000);

  it('a host that does not read stops the peer: 16 KiB wait, the rest stays with the sender', async () => {
    const { at, peer } = await connected();
    const bytes = nasty(64 * MIB);
    let written = 0;
    for (let from = 0; from < bytes.length; from += MIB) {
      peer.socket.write(bytes.subarray(from, from + MIB), () => {
        written += MIB;
      });
    }
    await at.match(/\+SQNSRING: 1,16384\r\n/);
    const stalled = async (): Promise<number> => {
      for (let before = -1; before !== written; ) {
        before = written;
        for (let turns = 0; turns < 200; turns++) await new Promise(setImmediate);
      }
      return written;
    };
    expect(await stalled()).toBeLessThan(32 * MIB);
    const { received, unread } = await counters(at);
    expect([received, unread]).toEqual([16384, 16384]);
    // Other sockets go on.
    await at.command('AT+SQNSD=2,1,7,"127.0.0.1",0,0,1', OK);
    // A part of it is enough to see that nothing is lost on the way.
    const part = await readAll(at, 8 * MIB);
    expect(digest(part)).toBe(digest(bytes.subarray(0, part.length)));
  }, 60_000);

  it('a FIN behind data that did not fit comes once they do', async () => {
    const { at, peer } = await connected();
    const bytes = nasty(100_000);
    peer.socket.end(bytes);
    await at.match(/\+SQNSRING: 1,16384\r\n/);
    expect((await counters(at)).unread).toBe(16384);
    const pieces: Buffer[] = [];
    let count = 0;
    while (count < bytes.length) {
      const piece = await read(at);
      pieces.push(piece);
      count += piece.length;
    }
    expect(digest(Buffer.concat(pieces))).toBe(digest(bytes));
    await at.command('AT+SQNSRECV=1,1500', FULL);
  });
});
