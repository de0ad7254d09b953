/** A simulated modem: power, restarts, the line to it, and what can be seen from outside. */
import { createMemoryPair } from '../transport/memory.ts';
import type { ByteStream, Transport } from '../transport/transport.ts';
import { type CommandSet, createLineSettings, type LineSettings } from './command-set.ts';
import type { Booted, Firmware, Machine } from './firmware.ts';
import { createQuectel } from './quectel-qfwd/modem.ts';
import type { Mouth } from './saying.ts';
import { createSequans } from './sequans/modem.ts';
import { Air, type Coverage, type Cure } from './sim-air.ts';
import { Hosts } from './sim-hosts.ts';
import { type LineOwner, SimLine } from './sim-line.ts';
import { GIVEN_IN_TURN, pdpAddress } from './sim-network.ts';
import { resolveSimOptions, type SimOptions, type SimSettings } from './sim-options.ts';
import { createRandom, type Random } from './sim-random.ts';
import type { CommandSetName, Switches } from './sim-switches.ts';
import { MessageCentre, type SimMessages } from './sms/centre.ts';

/** A modem made of software: what tests do to it, and what they see of it. */
export interface SimModem {
  /** Each open() is a fresh line to the same modem. A modem has one: the line before is hung up. */
  readonly transport: Transport;
  /** One entry per command line written to it, without terminator; the latest ones if there were very many. */
  readonly received: readonly string[];
  /** The simulator's own table. */
  readonly connectionsOpen: number;
  /** That have passed its line so far. */
  readonly bytes: { readonly fromHost: number; readonly toHost: number };
  /** Hears what the modem says before its line does. */
  mouth: Mouth | undefined;
  /** Short messages: what the network got, and what comes from it. */
  readonly sms: SimMessages;
  /** Says something unasked. */
  urc(text: string): void;
  /** A spontaneous reboot: sockets and volatile settings are gone, a boot line comes, unless it is silent. */
  restart(how?: { readonly silent?: boolean; readonly keepsEcho?: boolean }): void;
  /** It hears nothing more, and with more than `reopen` it does not register afterwards, until that is done. */
  hang(until: Cure): void;
  /** It hears nothing at all until that is done. */
  silence(until: Cure): void;
  /** Its USB device is reset, or its power switched off and on: it loses its line and restarts. */
  replug(how: 'usb' | 'power'): void;
  /** The network takes it no more, although there is signal. */
  reject(until: Cure): void;
  /** A change tells the modem to look for the network, or to lose it. */
  coverage: Coverage;
  /** The network takes the PDP context away, for good or until it is asked for, without a word. */
  loseContexts(forGood?: boolean): void;
  /** The network gives its PDP contexts another address, without a word. */
  renumber(): void;
  /** Closes its sockets and its line. */
  close(): Promise<void>;
}

/** @throws Error that says which option is wrong and what it may be */
export function createSim(options: SimOptions = {}): SimModem {
  return new Modem(resolveSimOptions(options));
}

const REMEMBERED = 200_000;
/** As many as any command set has (27.007 leaves it open; EC25: 16). */
const MOST_CONTEXTS = 16;

const firmwares: Readonly<Record<CommandSetName, (machine: Machine) => Firmware>> = {
  sequans: createSequans,
  'quectel-qfwd': createQuectel,
};

class Modem implements SimModem, LineOwner {
  readonly transport: Transport;
  readonly received: string[] = [];
  readonly bytes = { fromHost: 0, toHost: 0 };
  readonly sms: MessageCentre;
  mouth: Mouth | undefined;
  readonly #settings: SimSettings;
  readonly #air = new Air();
  readonly #random: Random;
  readonly #firmware: Firmware;
  #attached: SimLine | undefined;
  #lineSettings = createLineSettings();
  #booted: Booted;
  #powered = true;
  /** It restarts without a word. */
  #silent = false;
  #closed = false;

  constructor(settings: SimSettings) {
    this.#settings = settings;
    this.sms = new MessageCentre(settings);
    const name = `sim:${settings.commandSet}`;
    this.transport = { name, open: async signal => this.#connect(signal) };
    this.#random = createRandom(settings.seed);
    const own = Array.from(
      { length: MOST_CONTEXTS * GIVEN_IN_TURN },
      (_, index) => [(index % MOST_CONTEXTS) + 1, Math.floor(index / MOST_CONTEXTS)] as const,
    );
    this.#firmware = firmwares[settings.commandSet]({
      settings,
      hosts: new Hosts(
        settings.host,
        own.flatMap(([cid, given]) => [pdpAddress(cid, 4, given), pdpAddress(cid, 6, given)]),
        settings.nat64 && { prefix: settings.nat64, dns64: !settings.switches.has('no-dns64') },
      ),
      air: this.#air,
      messages: this.sms,
      random: this.#random,
      say: text => this.#say(text),
      restart: () => this.restart(),
      powerOff: () => this.#powerOff(),
    });
    this.#booted = this.#firmware.boot(this.#lineSettings);
    this.#booted.start();
  }

  get connectionsOpen(): number {
    return this.#booted.connectionsOpen;
  }

  get baud(): number | undefined {
    return this.#settings.baud;
  }

  get latency(): number {
    return this.#settings.latency;
  }

  get switches(): Switches {
    return this.#settings.switches;
  }

  get line(): LineSettings {
    return this.#lineSettings;
  }

  get commands(): CommandSet {
    return this.#booted.commands;
  }

  get errorMode(): number {
    return this.#booted.errorMode;
  }

  get powered(): boolean {
    return this.#powered && !this.#air.deaf;
  }

  get coverage(): Coverage {
    return this.#air.coverage;
  }

  set coverage(coverage: Coverage) {
    this.#air.coverage = coverage;
    this.#booted.network.airChanged();
  }

  hang(until: Cure): void {
    this.#air.hang(until);
  }

  silence(until: Cure): void {
    this.#air.silence(until);
  }

  replug(how: 'usb' | 'power'): void {
    this.#attached?.close();
    this.#air.treat(how);
    this.restart();
  }

  reject(until: Cure): void {
    this.#air.reject(until);
    this.#booted.network.airChanged();
  }

  loseContexts(forGood = false): void {
    this.#air.withholdsContexts = forGood;
    this.#booted.network.loseContexts();
  }

  renumber(): void {
    this.#air.renumbered++;
  }

  urc(text: string): void {
    this.#say(text);
  }

  restart({ silent = false, keepsEcho = false }: Parameters<SimModem['restart']>[0] = {}): void {
    if (this.#closed) return;
    const { echo } = this.#lineSettings;
    this.#attached?.reset();
    this.#booted.close();
    this.#powered = true;
    this.#air.treat('reset');
    this.#lineSettings = createLineSettings();
    if (keepsEcho) this.#lineSettings.echo = echo;
    this.#silent = silent;
    this.#booted = this.#firmware.boot(this.#lineSettings);
    this.#powerUpNoise();
    this.urc(this.#firmware.bootLine);
    this.#booted.start();
    this.#silent = false;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#powerOff();
    this.#attached?.close();
    return Promise.resolve();
  }

  gapUrc(): string {
    return this.#booted.gapUrc();
  }

  heard(commandLine: string): void {
    this.received.push(commandLine);
    if (this.received.length > REMEMBERED) this.received.splice(0, REMEMBERED / 2);
    if (this.switches.has('random-restart') && this.#random() < 1 / 100) this.restart();
  }

  passed(direction: 'fromHost' | 'toHost', bytes: number): void {
    this.bytes[direction] += bytes;
  }

  hungUp(line: SimLine): void {
    if (this.#attached === line) this.#attached = undefined;
  }

  #say(text: string): boolean {
    return this.#powered && !this.#silent && !this.#air.deaf && this.#attached?.urc(text) === true;
  }

  /** Only a reset brings it back (sequans.md 2.1; of the EC25 the power key). */
  #powerOff(): void {
    this.#powered = false;
    this.#attached?.reset();
    this.#booted.close();
  }

  #powerUpNoise(): void {
    if (this.switches.has('nul-at-boot') && !this.#silent) this.#attached?.say('\0', 'urc');
  }

  #connect(signal: AbortSignal | undefined): ByteStream {
    signal?.throwIfAborted();
    if (this.#closed) throw Object.assign(new Error(`${this.transport.name} was closed`), { code: 'ENXIO' });
    const [host, modem] = createMemoryPair();
    this.#attached?.close();
    const { coverage } = this.#air;
    this.#air.treat('reopen');
    if (this.#air.coverage !== coverage) this.#booted.network.airChanged();
    this.#attached = new SimLine(this, modem);
    this.#powerUpNoise();
    return host;
  }
}
