/** A simulator that is shared over loopback, and clients that say lines to it and hear what comes back. */
import { createConnection, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Modem } from '../../src/index.ts';
import { ROLES, type Role } from '../../src/share/policy.ts';
import { openShareServer, type ShareOptions, type ShareServer } from '../../src/share/server.ts';
import { SharedModem } from '../../src/share/shared-modem.ts';
import { createSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import { within } from '../tools/run-cli.ts';

export interface SharedBench {
  readonly sim: SimModem;
  readonly modem: SharedModem;
  readonly server: ShareServer;
  readonly port: number;
  /** What the daemon has reported. */
  readonly reports: readonly string[];
}

export const everything: ReadonlySet<Role> = new Set(ROLES);

export async function openShared(
  simOptions: SimOptions = {},
  options: Partial<ShareOptions> = {},
): Promise<SharedBench> {
  const sim = createSim(simOptions);
  const reports: string[] = [];
  const report = (event: string): unknown => reports.push(event);
  const modem = await SharedModem.open(sim.transport, { report }, new AbortController().signal);
  const server = await openShareServer(modem, {
    places: [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ],
    mode: 'private',
    roles: everything,
    mostClients: 32,
    greeting: '',
    report,
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    await modem.close();
    await sim.close();
  });
  return { sim, modem, server, reports, port: server.places[0]?.port ?? 0 };
}

/** atsock itself as a client of the daemon. */
export async function openOver(port: number, host = '127.0.0.1'): Promise<Modem> {
  const modem = new Modem(async () => ({
    options: {},
    createTransport: async () => createTcpTransport({ host, port }),
  }));
  onTestFinished(() => modem.close());
  await modem.open();
  return modem;
}

const DEADLINE_MS = 60_000;

/** Final result codes, at the end of what was heard. */
const FINAL = /\r\n(OK|ERROR|\+CM[ES] ERROR: [^\r]*|ABORTED|NO CARRIER)\r\n$/;

/** One that speaks raw lines. */
export class RawClient {
  readonly socket: Socket;
  #heard = '';
  #wake = (): void => {};

  constructor(port: number, host = '127.0.0.1') {
    this.socket = createConnection({ port, host, noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('error', () => {});
    this.socket.on('data', (text: string) => {
      this.#heard += text;
      this.#wake();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** All that was heard and not taken yet. */
  get heard(): string {
    return this.#heard;
  }

  say(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'));
    return this;
  }

  /** Says a line → what came up to and with a final result code. */
  ask(line: string): Promise<string> {
    this.say(`${line}\r`);
    return this.hear(FINAL);
  }

  /** So many characters. */
  hearLength(length: number): Promise<string> {
    return this.#take(`${length} characters`, () => (this.#heard.length >= length ? length : undefined));
  }

  /** Everything up to the end of the first match. */
  hear(pattern: RegExp): Promise<string> {
    return this.#take(String(pattern), () => {
      const found = pattern.exec(this.#heard);
      return found ? found.index + found[0].length : undefined;
    });
  }

  #take(what: string, end: () => number | undefined): Promise<string> {
    const taken = new Promise<string>(resolve => {
      this.#wake = () => {
        const length = end();
        if (length === undefined) return;
        this.#wake = () => {};
        const text = this.#heard.slice(0, length);
        this.#heard = this.#heard.slice(length);
        resolve(text);
      };
      this.#wake();
    });
    return within(DEADLINE_MS, what, taken);
  }
}
