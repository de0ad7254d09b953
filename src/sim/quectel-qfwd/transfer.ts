/** QFWDSEND, QFWDRECV and QFWDACK: what passes through a socket, and its buffers (quectel-qfwd.md 1.3 to 1.5). */
import type { Arguments } from '../arguments.ts';
import type { Handler, Reply } from '../command-set.ts';
import { Refusal } from '../refusal.ts';
import { type SendForm, SendInput } from '../send-input.ts';
import type { Switches, SwitchName } from '../sim-switches.ts';
import { type Parts, takeSocket } from './parts.ts';
import type { QfwdSocket } from './socket.ts';

const LARGEST = 1024;

export function send(parts: Parts): Handler {
  const { switches } = parts.machine.settings;
  return async (args, reply) => {
    const one = takeSocket(args, parts);
    const hex = args.choice([0, 1]) === 1;
    const length = args.optionalInteger(1, LARGEST);
    args.end();
    requireSendable(one);
    const form = sendForm(hex, length, switches);
    if (switches.has('send-full-error') && room(one, parts) < (length ?? 1)) throw new Refusal('ERROR');
    const input = new SendInput(form);
    await reply.payload(input);
    if (input.cancelled) return;
    const { payload } = input;
    if (!payload || !parts.sockets.has(one)) throw new Refusal('ERROR');
    requireSendable(one);
    const taken = howMuch(one, payload.length, parts);
    pass(one, payload.subarray(0, taken), parts);
    reply.info(`+QFWDSEND: ${one.id},${taken}`);
  };
}

/** Only a socket with a peer can send (quectel-qfwd.md 3.4). */
function requireSendable(one: QfwdSocket): void {
  if (one.phase !== 'open' || one.kind === 'server') throw new Refusal('ERROR');
}

function sendForm(hex: boolean, length: number | undefined, switches: Switches): SendForm {
  const characters = hex && !switches.has('hex-length-chars') ? 2 : 1;
  const most = hex && !switches.has('hex-limit-chars') ? LARGEST * 2 : LARGEST;
  const fixed = length === undefined ? undefined : length * characters;
  if (fixed !== undefined && fixed > most) throw new Refusal('ERROR');
  return {
    hex,
    length: fixed,
    most,
    controls: switches.has('fixed-not-transparent'),
    escCancels: !switches.has('esc-ignored'),
  };
}

function room(one: QfwdSocket, { machine }: Parts): number {
  return Math.max(0, machine.settings.sendMax - (one.tcp?.waiting ?? 0));
}

/** Of a stream what fits; a datagram whole or not at all. */
function howMuch(one: QfwdSocket, length: number, parts: Parts): number {
  if (one.protocol === 'udp') return length;
  const fitting = Math.min(length, room(one, parts));
  const { settings, random } = parts.machine;
  return settings.switches.has('partial-sends') ? Math.floor(random() * (fitting + 1)) : fitting;
}

function pass(one: QfwdSocket, data: Buffer, { sockets }: Parts): void {
  if (data.length === 0) return;
  sockets.touch(one);
  one.tcp?.send(data);
  if (one.peer) one.udp?.send(data, one.peer);
}

export function receive(parts: Parts): Handler {
  return (args, reply) => {
    const one = takeSocket(args, parts);
    readTo(parts, one, args, reply, '+QFWDRECV');
  };
}

/** With a length it reads, where the firmware is that of the example (quectel-qfwd.md 2 row 4). */
export function buffers(parts: Parts): Handler {
  const { machine, manner, sockets } = parts;
  const { sendMax, recvMax } = machine.settings;
  return (args, reply) => {
    const one = takeSocket(args, parts);
    if (args.count > 1 && manner.reads.includes('ack')) return readTo(parts, one, args, reply, '+QFWDACK');
    args.end();
    const [sent, received] = [sendMax - room(one, parts), recvMax - sockets.room(one)];
    const fields = [sent, sendMax - sent, sendMax, received, recvMax - received, recvMax];
    reply.info(`+QFWDACK: ${[one.id, ...fields].join(',')}`);
  };
}

const FRAMINGS: readonly (readonly [SwitchName, string])[] = [
  ['recv-comma-crlf', ',\r\n'],
  ['recv-comma-crlf-comma', ',\r\n,'],
  ['recv-comma-cr-comma-lf', ',\r,\n,'],
];

function readTo(
  { machine, sockets }: Parts,
  one: QfwdSocket,
  args: Arguments,
  reply: Reply,
  name: string,
): void {
  const { switches } = machine.settings;
  const limit = args.integer(1, LARGEST);
  args.end();
  if (one.kind === 'server' && !(one.protocol === 'udp' && switches.has('udp-server-id')))
    throw new Refusal('ERROR');
  if (one.phase === 'opening') throw new Refusal('ERROR');
  const data = sockets.read(one, limit);
  const header = `${name}: ${one.id},${data.length}`;
  const [, between] = FRAMINGS.find(([framing]) => switches.has(framing)) ?? [];
  if (data.length > 0 || switches.has('recv-zero-empty-line'))
    reply.data(header, data.toString('latin1'), between);
  else reply.info(header);
}
