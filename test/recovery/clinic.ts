/** A sick modem in virtual time: a simulator, a modem that supervises it, and a record of what was done to it. */
import type { Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import { Modem, type ModemState, type OpenOptions, type RecoveryEvent } from '../../src/index.ts';
import { createSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { VirtualTime } from '../faults/virtual-time.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DIALECTS = ['sequans', 'quectel-qfwd'] as const;

const REAL_NOW = Date.now;

/** No run is longer: eight days. */
const LIMIT_MS = 200 * HOUR_MS;

export interface Entry extends RecoveryEvent {
  readonly atMs: number;
}

export class Clinic {
  readonly time = new VirtualTime();
  readonly sim: SimModem;
  readonly entries: Entry[] = [];
  readonly states: ModemState[] = [];
  /** The port is not there, or somebody holds it: the code that opening it fails with. */
  portError: string | undefined;
  usbResets = 0;
  readonly #options: OpenOptions;
  readonly #transport: Transport;
  #modem: Modem;

  constructor(simOptions: SimOptions, options: OpenOptions = {}) {
    this.time.install();
    // The wall clock goes with it.
    const wallMs = REAL_NOW();
    Date.now = () => wallMs + this.time.now;
    onTestFinished(() => this.leave());
    this.sim = createSim(simOptions);
    this.#options = options;
    const touching = relayed(() => ({
      sent: chunk => this.#pass(chunk),
      received: chunk => this.#pass(chunk),
    }));
    const { name } = this.sim.transport;
    this.#transport = touching({
      name,
      open: async signal => {
        const code = this.portError;
        if (code !== undefined) throw Object.assign(new Error(`the port: ${code}`), { code });
        return this.sim.transport.open(signal);
      },
      resetUsb: async () => {
        this.usbResets++;
        if (this.portError !== undefined) throw new Error('its USB device is not there');
        this.sim.replug('usb');
      },
    });
    this.#modem = this.#create();
  }

  get modem(): Modem {
    return this.#modem;
  }

  /** Of one action, or of all disruptive ones, which are those of rungs 3 to 6. */
  times(action?: string): number[] {
    return this.entries
      .filter(entry => (action === undefined ? entry.rung > 2 && entry.rung < 7 : entry.action === action))
      .map(({ atMs }) => atMs);
  }

  async open(): Promise<void> {
    await this.during('opening', this.#modem.open());
  }

  /** Another run of the program: the modem stays as it is. */
  async restartProgram(): Promise<void> {
    await this.during('closing', this.#modem.close());
    this.#modem = this.#create();
    await this.open();
  }

  /** @returns an open datagram socket, and the codes of its errors as they come */
  async bind(): Promise<{ readonly socket: Socket; readonly errors: string[] }> {
    const socket = this.#modem.dgram.createSocket('udp4');
    const errors: string[] = [];
    socket.on('error', error => errors.push((error as NodeJS.ErrnoException).code ?? ''));
    socket.bind();
    await this.during('bind', new Promise<void>(resolve => socket.once('listening', resolve)));
    return { socket, errors };
  }

  async pass(ms: number): Promise<void> {
    await this.during('waiting', new Promise<void>(resolve => setTimeout(resolve, ms)));
  }

  /** @returns how long it took */
  async until(state: ModemState): Promise<number> {
    const from = this.time.now;
    const reached = new Promise<void>(resolve => {
      const look = (): void => {
        if (this.#modem.state === state) resolve();
        else this.#modem.once('state', look);
      };
      look();
    });
    await this.during(state, reached);
    return this.time.now - from;
  }

  during<T>(what: string, work: Promise<T>): Promise<T> {
    return this.time.run(what, LIMIT_MS, work);
  }

  #create(): Modem {
    const modem = new Modem(
      async () => ({ options: {}, createTransport: async () => this.#transport }),
      this.#options,
    );
    modem.on('recovery', event => this.entries.push({ ...event, atMs: this.time.now }));
    modem.on('state', state => this.states.push(state));
    return modem;
  }

  #pass(chunk: Buffer): Buffer[] {
    this.time.touch();
    return [chunk];
  }

  async leave(): Promise<void> {
    await this.during('closing', this.#modem.close());
    await this.sim.close();
    this.time.uninstall();
    Date.now = REAL_NOW;
  }
}
