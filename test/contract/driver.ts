/** What every modem driver owes to the socket layer, over real loopback peers. Runs for each dialect and firmware. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ModemDriver } from '../../src/driver/driver.ts';
import type { Datagram, Endpoint, Family, PortEvents, UdpPort } from '../../src/driver/port.ts';

export interface DriverUnderTest {
  readonly driver: ModemDriver;
  /** Connections that the modem itself counts as open. */
  open(): number;
  close(): Promise<void>;
}

const DEADLINE_MS = 10_000;

/** A peer on loopback that keeps what it hears and can answer. */
class Peer {
  readonly endpoint: Endpoint;
  readonly #socket: Socket;
  readonly #heard: { data: Buffer; from: AddressInfo }[] = [];
  #wake = (): void => {};

  private constructor(socket: Socket, family: Family) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.endpoint = { address, port, family };
    socket.on('message', (data, from) => {
      this.#heard.push({ data, from });
      this.#wake();
    });
  }

  static async open(family: Family = 4): Promise<Peer> {
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', recvBufferSize: 4 << 20 });
    socket.bind(0, family === 4 ? '127.0.0.1' : '::1');
    await once(socket, 'listening');
    return new Peer(socket, family);
  }

  async hear(): Promise<{ data: Buffer; from: AddressInfo }> {
    await deadline(resolve => {
      this.#wake = () => this.#heard.length > 0 && resolve();
      this.#wake();
    });
    return this.#heard.shift() ?? Promise.reject(new Error('nothing heard'));
  }

  say(data: string | Buffer, to: { port: number }): void {
    this.#socket.send(data, to.port, this.endpoint.address);
  }

  close(): void {
    this.#socket.close();
  }
}

/** The owner of a port: collects as the socket layer does, one `receive()` at a time until there is no more. */
class Owner implements PortEvents {
  port: UdpPort | undefined;
  readonly heard: Datagram[] = [];
  readonly lost: (Error | undefined)[] = [];
  #reading: Promise<void> | undefined;
  #again = false;
  #wake = (): void => {};

  readable(): void {
    this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  closed(error?: Error): void {
    this.lost.push(error);
    this.#wake();
  }

  async hear(count = 1): Promise<Datagram[]> {
    await deadline(resolve => {
      this.#wake = () => this.heard.length >= count && resolve();
      this.#wake();
    });
    return this.heard.splice(0, count);
  }

  async #read(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (let next = await this.port?.receive(); next; next = await this.port?.receive()) {
        this.heard.push(next);
        this.#wake();
      }
    }
  }
}

function deadline(work: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the deadline passed')), DEADLINE_MS);
    work(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** @param resolves whether the modem has a command for names; without it the socket layer asks a name server */
export function driverContract(
  name: string,
  create: () => Promise<DriverUnderTest>,
  { resolves = true } = {},
): void {
  describe(name, () => {
    const cleanup: (() => void | Promise<void>)[] = [];
    afterEach(async () => {
      for (const work of cleanup.splice(0).reverse()) await work();
    });

    const start = async (): Promise<DriverUnderTest> => {
      const under = await create();
      cleanup.push(() => under.close());
      return under;
    };
    const peer = async (family?: Family): Promise<Peer> => {
      const opened = await Peer.open(family);
      cleanup.push(() => opened.close());
      return opened;
    };
    const bind = async (
      driver: ModemDriver,
      remote?: Endpoint,
      family: Family = remote?.family ?? 4,
      port = 0,
    ) => {
      const owner = new Owner();
      owner.port = await driver.openUdp({ family, port, ...(remote && { remote }) }, owner);
      return { owner, port: owner.port };
    };

    test.each([4, 6] as const)(
      'IPv%i: every byte value there and back, with the true sender',
      async family => {
        const { driver } = await start();
        const echo = await peer(family);
        const { owner, port } = await bind(driver, echo.endpoint);
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        await port.send(bytes, echo.endpoint);
        const { data, from } = await echo.hear();
        expect(data).toEqual(bytes);
        expect(from.port).toBe(port.local.port);
        echo.say(data, from);
        expect(await owner.hear()).toEqual([{ data: bytes, remote: echo.endpoint }]);
      },
    );

    test('a bound port hears somebody it never talked to, and can answer', async () => {
      const { driver } = await start();
      const [one, two] = [await peer(), await peer()];
      const { owner, port } = await bind(driver);
      expect(port.local.port).toBeGreaterThan(0);
      for (const caller of [one, two, one]) {
        caller.say('hello', port.local);
        const [heard] = await owner.hear();
        expect(heard?.remote).toEqual(caller.endpoint);
        await port.send(Buffer.from('welcome'), caller.endpoint);
        expect((await caller.hear()).data.toString()).toBe('welcome');
      }
    });

    test('twenty peers in turn from one port: every answer comes with its true sender', async () => {
      const { driver, open } = await start();
      const peers = await Promise.all(Array.from({ length: 20 }, () => peer()));
      const [first] = peers;
      if (!first) throw new Error('no peers');
      const { owner, port } = await bind(driver, first.endpoint);
      for (const [index, each] of [...peers, ...peers].entries()) {
        await port.send(Buffer.from(`to ${index}`), each.endpoint);
        const { data, from } = await each.hear();
        expect(data.toString()).toBe(`to ${index}`);
        each.say(`from ${index}`, from);
        const [heard] = await owner.hear();
        expect(heard?.remote).toEqual(each.endpoint);
        expect(heard?.data.toString()).toBe(`from ${index}`);
      }
      expect(open()).toBeLessThanOrEqual(driver.limits.connections);
      await port.close();
      expect(open()).toBe(0);
    });

    test('a burst keeps borders and order', async () => {
      const { driver } = await start();
      const source = await peer();
      const { owner, port } = await bind(driver, source.endpoint);
      await port.send(Buffer.from('here I am'), source.endpoint);
      const { from } = await source.hear();
      const longest = Math.min(1_400, driver.limits.datagramBytes) - '49 '.length;
      const sent = Array.from({ length: 50 }, (_, index) => `${index} ${'x'.repeat((index * 31) % longest)}`);
      for (const text of sent) source.say(text, from);
      expect((await owner.hear(50)).map(({ data }) => data.toString())).toEqual(sent);
    });

    test('one port more than there are connections: EMFILE that says who holds them; the others go on', async () => {
      const { driver, open } = await start();
      const echo = await peer();
      const ports: UdpPort[] = [];
      while (ports.length < driver.limits.connections) ports.push((await bind(driver)).port);
      await expect(bind(driver)).rejects.toMatchObject({
        code: 'EMFILE',
        message: expect.stringContaining('UDP'),
      });
      expect(open()).toBe(driver.limits.connections);
      await ports[0]?.close();
      const { port } = await bind(driver, echo.endpoint);
      await port.send(Buffer.from('x'), echo.endpoint);
      await echo.hear();
    });

    test('a local port of one’s choice, and once only', async () => {
      const { driver } = await start();
      const { port } = await bind(driver);
      await port.close();
      const again = await bind(driver, undefined, 4, port.local.port);
      expect(again.port.local.port).toBe(port.local.port);
      await expect(bind(driver, undefined, 4, port.local.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });

    test('a thousand ports one after the other leave nothing behind', async () => {
      const { driver, open } = await start();
      const echo = await peer();
      for (let round = 0; round < 1_000; round++) {
        const { port } = await bind(driver, echo.endpoint);
        await port.close();
      }
      expect(open()).toBe(0);
      expect(driver.connectionsOpen).toBe(0);
    });

    test('close() tells every owner', async () => {
      const { driver, open } = await start();
      const owners = [await bind(driver), await bind(driver)];
      await driver.close();
      expect(open()).toBe(0);
      for (const { owner } of owners) expect(owner.lost).toEqual([undefined]);
    });

    test('close() waits for what is being closed', async () => {
      const { driver, open } = await start();
      const { port } = await bind(driver);
      // Something is before it in the queue.
      driver.network().catch(() => {});
      void port.close();
      await driver.close();
      expect(open()).toBe(0);
    });

    test.runIf(resolves)('names', async () => {
      const { driver } = await start();
      expect(await driver.resolve('localhost', 4)).toEqual(['127.0.0.1']);
      await expect(driver.resolve('nowhere.invalid', 4)).rejects.toMatchObject({ code: 'ENOTFOUND' });
      await expect(driver.resolve('nowhere.invalid', 0)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    });

    test('network status', async () => {
      const { driver } = await start();
      expect((await driver.network()).registration).toBe('home');
    });
  });
}
