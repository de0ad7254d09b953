/** The commands that carry short messages (27.005 3.4, 3.5, 4), in PDU mode and in text mode. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Arguments } from '../arguments.ts';
import type { CommandSet, Handler, Reply } from '../command-set.ts';
import type { Machine } from '../firmware.ts';
import { cme, Refusal } from '../refusal.ts';
import { SendInput } from '../send-input.ts';
import type { Network } from '../sim-network.ts';
import { Arrivals } from './arrivals.ts';
import { MessageSettings, settingCommands } from './settings.ts';
import { type State, type Storage, type Stored, states } from './storage.ts';
import { showMessage, writtenMessage } from './text-mode.ts';
import { parseSubmit } from './tpdu.ts';

interface Parts {
  readonly machine: Machine;
  readonly network: Network;
  readonly settings: MessageSettings;
}

/** Octets behind the service centre: of an empty message, and of a full one with everything (23.040 9.2.2.2). */
const SHORTEST = 7;
const LONGEST = 164;
/** Characters of a PDU with its service centre, or of a text. */
const MOST_TYPED = 400;
const SLOW_MS = 200;

const cms = {
  networkOutOfOrder: 38,
  invalidMemory: 302,
  invalidPduParameter: 304,
  invalidTextParameter: 305,
  simNotThere: 310,
  simPinRequired: 311,
  simPukRequired: 316,
  invalidIndex: 321,
  memoryFull: 322,
  noNetwork: 331,
} as const;

/** For one run of the firmware: from here on the network's messages go to it. */
export function messageCommands(machine: Machine, network: Network): CommandSet {
  const settings = new MessageSettings();
  const parts = { machine, network, settings };
  const arrivals = new Arrivals(machine, network, settings);
  machine.messages.modem = pdu => arrivals.take(pdu);
  const commands: Record<string, Handler> = {
    '+CMGS': send(parts),
    '+CMSS': sendStored(parts),
    '+CMGW': write(parts),
    '+CMGL': list(parts),
    '+CMGR': readOne(parts),
    '+CMGD': remove(parts),
  };
  const settingsOf = settingCommands(settings, machine.messages, machine.settings.switches);
  return {
    ...Object.fromEntries(
      Object.entries(commands).map(([name, handler]) => [name, { set: ready(parts, handler) }]),
    ),
    '+CMGL': { set: ready(parts, list(parts)), action: ready(parts, list(parts)), test: '(0-4)' },
    '+CNMA': { action: () => {}, set: () => {} },
    ...settingsOf,
  };
}

/** The card must be open, and a wrong parameter has a number of its own. */
function ready({ network, settings }: Parts, handler: Handler): Handler {
  return async (args, reply) => {
    if (network.level === 0) throw new Refusal({ cms: cms.simNotThere });
    if (network.sim === 'SIM PIN') throw new Refusal({ cms: cms.simPinRequired });
    if (network.sim === 'SIM PUK') throw new Refusal({ cms: cms.simPukRequired });
    try {
      await handler(args, reply);
    } catch (error) {
      if (!(error instanceof Refusal) || error.result !== cme.incorrectParameters) throw error;
      throw wrongParameter(settings);
    }
  };
}

const wrongParameter = ({ format }: MessageSettings): Refusal =>
  new Refusal({ cms: format === 0 ? cms.invalidPduParameter : cms.invalidTextParameter });

/** A TPDU and what stands before it, typed behind a prompt; undefined: ESC. */
async function typedMessage(args: Arguments, reply: Reply, { settings }: Parts): Promise<Buffer | undefined> {
  const isText = settings.format === 1;
  const number = isText ? args.quoted() : '';
  const octets = isText ? args.optionalInteger(0, 255) : args.integer(SHORTEST, LONGEST);
  args.end();
  const input = new SendInput({
    hex: !isText,
    length: undefined,
    most: MOST_TYPED,
    controls: true,
    escCancels: true,
  });
  await reply.payload(input);
  if (input.cancelled) return undefined;
  const { payload } = input;
  if (!payload) throw wrongParameter(settings);
  if (isText) return Buffer.concat([Buffer.from([0]), writtenMessage(number, payload, settings)]);
  if (payload.length - 1 - (payload[0] ?? 0) !== octets) throw wrongParameter(settings);
  return payload;
}

function send(parts: Parts): Handler {
  return async (args, reply) => {
    const pdu = await typedMessage(args, reply, parts);
    if (pdu) reply.info(`+CMGS: ${await submit(pdu, reply, parts)}`);
  };
}

/** To the network. Gives the message reference. */
async function submit(pdu: Buffer, reply: Reply, { machine, network, settings }: Parts): Promise<number> {
  const tpdu = pdu.subarray(1 + (pdu[0] ?? 0));
  const message = parseSubmit(tpdu);
  if (!message) throw wrongParameter(settings);
  const { messages, random } = machine;
  const { switches } = machine.settings;
  if (switches.has('sms-slow')) await pause(SLOW_MS);
  if (network.registration !== 1) throw new Refusal({ cms: cms.noNetwork });
  const refusal = messages.refusals.shift();
  if (refusal !== undefined) throw new Refusal({ cms: refusal });
  if (switches.has('sms-refused') && random() < 1 / 3) throw new Refusal({ cms: cms.networkOutOfOrder });
  const reference = messages.take(message, tpdu.toString('hex').toUpperCase());
  if (switches.has('sms-result-lost') && random() < 1 / 3) reply.lose();
  reply.afterwards(() => {
    messages.flush();
    if (switches.has('stop-urc-after-send')) settings.announcing = [0, 1, 0, 2, 0];
  });
  return reference;
}

function sendStored(parts: Parts): Handler {
  return async (args, reply) => {
    const [place, storage] = [args.integer(0, 255), storageOf(parts, 1)];
    args.end();
    const stored = at(storage, place);
    reply.info(`+CMSS: ${await submit(stored.pdu, reply, parts)}`);
    stored.state = 3;
  };
}

function write(parts: Parts): Handler {
  return async (args, reply) => {
    const pdu = await typedMessage(args, reply, parts);
    if (!pdu) return;
    const place = storageOf(parts, 1).add(2, pdu);
    if (place === undefined) throw new Refusal({ cms: cms.memoryFull });
    reply.info(`+CMGW: ${place}`);
  };
}

function list(parts: Parts): Handler {
  return (args, reply) => {
    const wanted = takeState(args, parts.settings);
    args.end();
    for (const [place, stored] of storageOf(parts, 0).places.entries())
      if (stored && (wanted === undefined || stored.state === wanted))
        show(stored, `+CMGL: ${place},`, reply, parts);
  };
}

/** undefined: all. */
function takeState(args: Arguments, { format }: MessageSettings): State | undefined {
  if (format === 0) {
    const wanted = args.choice([0, 1, 2, 3, 4], 0);
    return wanted === 4 ? undefined : wanted;
  }
  const word = args.quoted(states[0]);
  const found = ([0, 1, 2, 3] as const).find(state => states[state] === word);
  if (found === undefined && word !== 'ALL') throw new Refusal({ cms: cms.invalidTextParameter });
  return found;
}

/** Whoever sees it has read it. */
function show(stored: Stored, start: string, reply: Reply, { settings }: Parts): void {
  if (settings.format === 0) {
    const octets = stored.pdu.length - 1 - (stored.pdu[0] ?? 0);
    reply.info(`${start}${stored.state},,${octets}\r\n${stored.pdu.toString('hex').toUpperCase()}`);
  } else {
    const { header, text } = showMessage(stored, settings);
    reply.info(`${start}${header}${text === undefined ? '' : `\r\n${text}`}`);
  }
  if (stored.state === 0) stored.state = 1;
}

function readOne(parts: Parts): Handler {
  return (args, reply) => {
    const place = args.integer(0, 255);
    args.end();
    const storage = storageOf(parts, 0);
    if (!storage.places[place] && parts.machine.settings.switches.has('sms-empty-read-ok')) return;
    show(at(storage, place), '+CMGR: ', reply, parts);
  };
}

/** With a flag the index counts for nothing (27.005 3.5.4). */
function remove(parts: Parts): Handler {
  const DOOMED: readonly (readonly State[])[] = [[], [1], [1, 3], [1, 3, 2], [0, 1, 2, 3]];
  return (args, reply) => {
    const place = args.integer(0, 255);
    const doomed = DOOMED[args.integer(0, 4, 0)] ?? [];
    args.end();
    const { places } = storageOf(parts, 0);
    if (doomed.length === 0) {
      at(storageOf(parts, 0), place);
      places[place] = undefined;
    }
    for (const [index, stored] of places.entries())
      if (stored && doomed.includes(stored.state)) places[index] = undefined;
    reply.afterwards(() => parts.machine.messages.flush());
  };
}

/** @param use 0 reads and deletes, 1 writes and sends */
const storageOf = ({ machine, settings }: Parts, use: 0 | 1): Storage =>
  machine.messages.storages[settings.storages[use]];

function at({ places }: Storage, place: number): Stored {
  const stored = places[place];
  if (!stored) throw new Refusal({ cms: cms.invalidIndex });
  return stored;
}
