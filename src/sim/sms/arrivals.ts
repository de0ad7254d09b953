/** What a modem does with a message that the network brings: stores it and tells, or hands it over (27.005 3.4.1). */
import type { Machine } from '../firmware.ts';
import type { Network } from '../sim-network.ts';
import type { MessageSettings } from './settings.ts';
import { showMessage } from './text-mode.ts';

export class Arrivals {
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #settings: MessageSettings;

  constructor(machine: Machine, network: Network, settings: MessageSettings) {
    this.#machine = machine;
    this.#network = network;
    this.#settings = settings;
  }

  /** False: the network keeps it, because the modem is not there, has no room, or nobody took it. */
  take(pdu: Buffer): boolean {
    const { registration, sim } = this.#network;
    if (registration !== 1 || sim !== 'READY') return false;
    const [, messages = 0, , reports = 0] = this.#settings.announcing;
    const isReport = ((pdu[1 + (pdu[0] ?? 0)] ?? 0) & 3) === 2;
    if (isReport) {
      if (reports === 2) return this.#store(pdu, '+CDSI');
      return reports === 0 || this.#handOver(pdu, '+CDS: ');
    }
    return messages === 2
      ? this.#handOver(pdu, '+CMT: ,')
      : this.#store(pdu, messages > 0 ? '+CMTI' : undefined);
  }

  #store(pdu: Buffer, name: string | undefined): boolean {
    const storage = this.#settings.storages[2];
    const place = this.#machine.messages.storages[storage].add(0, pdu);
    if (place === undefined) return false;
    const { switches } = this.#machine.settings;
    // Mode 0 keeps what is unasked; the buffer of a real modem ends, this one has none.
    const isSilent = this.#settings.announcing[0] === 0 || switches.has('sms-announcement-lost');
    const times = name === undefined || isSilent ? 0 : switches.has('sms-announcement-doubled') ? 2 : 1;
    for (let time = 0; time < times; time++) this.#machine.say(`${name}: "${storage}",${place}`);
    return true;
  }

  /** At once and nowhere else: what nobody hears is the network's again. */
  #handOver(pdu: Buffer, start: string): boolean {
    if (this.#settings.format === 0)
      return this.#machine.say(
        `${start}${pdu.length - 1 - (pdu[0] ?? 0)}\r\n${pdu.toString('hex').toUpperCase()}`,
      );
    const { header, text } = showMessage({ state: 0, pdu }, this.#settings);
    const name = start.slice(0, start.indexOf(' ') + 1);
    const shown = header.slice(header.indexOf(',') + 1);
    return this.#machine.say(`${name}${shown}${text === undefined ? '' : `\r\n${text}`}`);
  }
}
