/** What every modem driver that has TCP owes to the socket layer, with real peers on loopback. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ModemDriver } from '../../src/driver/driver.ts';
import type { Endpoint, Family, TcpListener, TcpPort } from '../../src/driver/port.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { deadline, StreamOwner, writeAll } from '../support/owner.ts';
import type { DriverUnderTest } from './driver.ts';

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

export function driverTcpContract(name: string, create: () => Promise<DriverUnderTest>): void {
  describe(`${name}, TCP`, () => {
    const cleanup: (() => unknown)[] = [];
    afterEach(async () => {
      for (const work of cleanup.splice(0).reverse()) await work();
    });

    const start = async (): Promise<DriverUnderTest> => {
      const under = await create();
      cleanup.push(() => under.close());
      return under;
    };

    /** A real server whose connections `serve` handles. */
    const server = async (serve: (socket: Socket) => void, family: Family = 4): Promise<Endpoint> => {
      const listening: Server = createServer({ allowHalfOpen: true }, socket => {
        socket.on('error', () => {});
        cleanup.push(() => socket.destroy());
        serve(socket);
      }).listen(0, LOOPBACK[family]);
      await once(listening, 'listening');
      cleanup.push(() => listening.close());
      return { address: LOOPBACK[family], port: (listening.address() as AddressInfo).port, family };
    };

    const dial = async (
      driver: ModemDriver,
      remote: Endpoint,
    ): Promise<{ owner: StreamOwner; port: TcpPort }> => {
      const owner = new StreamOwner();
      const port = await driver.openTcp?.(remote, owner);
      if (!port) throw new Error('this driver has no TCP');
      owner.port = port;
      owner.readable();
      return { owner, port };
    };

    test('a driver that is closed waits for a connection that is being closed', async () => {
      const { driver, open } = await start();
      const { port } = await dial(driver, await server(() => {}));
      // Something is before it in the queue.
      driver.network().catch(() => {});
      void port.close();
      await driver.close();
      expect(open()).toBe(0);
    });

    test.each([4, 6] as const)('IPv%i: every byte value there and back', async family => {
      const { driver, open } = await start();
      const { owner, port } = await dial(driver, await server(socket => socket.pipe(socket), family));
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      await writeAll(port, bytes);
      await owner.until(() => owner.bytes === 256, 'the echo');
      expect(owner.data).toEqual(bytes);
      expect(port.remote.family).toBe(family);
      expect(port.local.port).toBeGreaterThan(0);
      await port.close();
      expect(open()).toBe(0);
    });

    test('half a MiB each way at once, of bytes that look like modem talk', async () => {
      const { driver } = await start();
      const [out, back] = [nastyBytes(1 << 19, 1), nastyBytes(1 << 19, 2)];
      const heard: Buffer[] = [];
      const remote = await server(socket => {
        socket.on('data', chunk => heard.push(chunk));
        socket.write(back);
      });
      const { owner, port } = await dial(driver, remote);
      await Promise.all([writeAll(port, out), owner.until(() => owner.bytes === back.length, 'everything')]);
      await port.drained();
      expect(owner.data.equals(back)).toBe(true);
      await deadline(resolve => {
        const check = (): void =>
          Buffer.concat(heard).length === out.length ? resolve() : void setImmediate(check);
        check();
      }, 'the peer to hear everything');
      expect(Buffer.concat(heard).equals(out)).toBe(true);
    });

    test('a peer that sends and closes at once: every byte, then the end', async () => {
      const { driver, open } = await start();
      const bytes = nastyBytes(20_000, 3);
      const { owner } = await dial(driver, await server(socket => socket.end(bytes)));
      await owner.until(() => owner.ended, 'the end');
      expect(owner.data.equals(bytes)).toBe(true);
      expect(owner.errors).toEqual([]);
      expect(open()).toBe(0);
    });

    test('a peer that closes at once without a word: connected, then the end', async () => {
      const { driver, open } = await start();
      const { owner } = await dial(driver, await server(socket => socket.end()));
      await owner.until(() => owner.ended, 'the end');
      expect([owner.bytes, owner.errors, open()]).toEqual([0, [], 0]);
    });

    test('nobody listens: ECONNREFUSED, and the id is free again', async () => {
      const { driver, open } = await start();
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      closed.close();
      await expect(dial(driver, { address: '127.0.0.1', port, family: 4 })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
      expect(open()).toBe(0);
    });

    test('one connection more than there are: EMFILE that says who holds them; the others go on', async () => {
      const { driver } = await start();
      const remote = await server(socket => socket.pipe(socket));
      const dialled = [];
      while (dialled.length < driver.limits.connections) dialled.push(await dial(driver, remote));
      await expect(dial(driver, remote)).rejects.toMatchObject({
        code: 'EMFILE',
        message: expect.stringContaining('TCP'),
      });
      for (const [index, { owner, port }] of dialled.entries()) {
        await writeAll(port, Buffer.from(`number ${index}`));
        await owner.until(() => owner.data.toString() === `number ${index}`, 'its echo');
      }
    });

    test('a socket that is not read blocks no other, and loses nothing', async () => {
      const { driver } = await start();
      const bytes = nastyBytes(300_000, 4);
      const slow = await dial(driver, await server(socket => socket.end(bytes)));
      slow.owner.paused = true;
      const quick = await dial(driver, await server(socket => socket.pipe(socket)));
      await writeAll(quick.port, bytes.subarray(0, 50_000));
      await quick.owner.until(() => quick.owner.bytes === 50_000, 'the other socket');
      slow.owner.resume();
      await slow.owner.until(() => slow.owner.ended, 'the end');
      expect(slow.owner.data.equals(bytes)).toBe(true);
    });

    test('a peer that does not read: send() waits, and goes on when it does', async () => {
      const { driver } = await start();
      const bytes = nastyBytes(3 << 20, 5);
      let peer: Socket | undefined;
      const heard: Buffer[] = [];
      const remote = await server(socket => {
        peer = socket.pause();
        socket.on('data', chunk => heard.push(chunk));
        socket.pause();
      });
      const { port } = await dial(driver, remote);
      const writing = writeAll(port, bytes);
      setImmediate(() => peer?.resume());
      await writing;
      await port.drained();
      await deadline(resolve => {
        const check = (): void =>
          Buffer.concat(heard).length === bytes.length ? resolve() : void setTimeout(check, 5);
        check();
      }, 'the peer to hear everything');
      expect(Buffer.concat(heard).equals(bytes)).toBe(true);
    });

    test('sending after the peer has gone: EPIPE or ECONNRESET, never silence', async () => {
      const { driver } = await start();
      const { owner, port } = await dial(driver, await server(socket => socket.destroy()));
      await owner.until(() => owner.ended || owner.errors.length > 0, 'the end');
      await expect(writeAll(port, Buffer.alloc(10_000))).rejects.toMatchObject({
        code: expect.stringMatching(/EPIPE|ECONNRESET/),
      });
    });

    test('callers one after the other and at once; closing the listener leaves them', async () => {
      const { driver, open } = await start();
      const owners: StreamOwner[] = [];
      const listener: TcpListener | undefined = await driver.listenTcp?.(
        { family: 4, port: 0 },
        {
          connection: port => {
            const owner = new StreamOwner();
            owner.port = port;
            owners.push(owner);
            return owner;
          },
          closed: () => {},
        },
      );
      const callers = Array.from({ length: 3 }, () =>
        createConnection(listener?.local.port ?? 0, '127.0.0.1'),
      );
      for (const caller of callers) {
        cleanup.push(() => caller.destroy());
        caller.on('error', () => {});
        caller.write('hello');
      }
      await deadline(resolve => {
        const check = (): void =>
          owners.length === 3 && owners.every(owner => owner.data.toString() === 'hello')
            ? resolve()
            : void setImmediate(check);
        check();
      }, 'three callers');
      await listener?.close();
      expect(open()).toBe(3);
      for (const owner of owners) if (owner.port) await writeAll(owner.port, Buffer.from('welcome'));
      for (const caller of callers) expect(String((await once(caller, 'data'))[0])).toBe('welcome');
      expect(new Set(owners.map(owner => owner.port?.remote.port))).toEqual(
        new Set(callers.map(caller => (caller.address() as AddressInfo).port)),
      );
    });

    test('a port that is taken: EADDRINUSE', async () => {
      const { driver } = await start();
      const taken = await server(() => {});
      const events = { connection: () => new StreamOwner(), closed: () => {} };
      await expect(driver.listenTcp?.({ family: 4, port: taken.port }, events)).rejects.toMatchObject({
        code: 'EADDRINUSE',
      });
    });
  });
}
