/** Conformance: the connections of a `net.Server`, from the first to the last, and its `close()`. */
import nodeNet, { type AddressInfo, type DropArgument, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, turns, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record, recordFlowing } from './net-bench.ts';

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

export function serving(bench: NetBench): void {
  describe('connections', () => {
    test('each is a Socket of this server, connected', async () => {
      const { socket, far, server } = await bench.accepted();
      expect(socket).toBeInstanceOf(bench.net.Socket);
      expect(socket).toBeInstanceOf(nodeNet.Socket);
      expect([socket.connecting, socket.pending, socket.readyState]).toEqual([false, false, 'open']);
      expect(Reflect.get(socket, 'server')).toBe(server);
      const port = portOf(server);
      expect(socket.address()).toEqual({ address: HERE, family: 'IPv4', port });
      expect([socket.localAddress, socket.localPort, socket.localFamily]).toEqual([HERE, port, 'IPv4']);
      expect([socket.remoteAddress, socket.remotePort, socket.remoteFamily]).toEqual([
        HERE,
        far.localPort,
        'IPv4',
      ]);
    });

    test('data both ways, end, close', async () => {
      const { socket, far } = await bench.accepted();
      const log = recordFlowing(socket);
      const [heard, farHeard] = [new Heard(socket), new Heard(far)];
      socket.write('welcome');
      await until(far, 'data');
      far.end('thanks');
      await closed(socket);
      expect([heard.text, farHeard.text]).toEqual(['thanks', 'welcome']);
      expect(log).toEqual(['data', 'end', 'finish', 'close false']);
    });

    test('what was said before anybody listened', async () => {
      const { server, port } = await bench.listening();
      const came = until(server, 'connection');
      bench.keep(nodeNet.connect(port, HERE)).end('hello');
      const [socket] = (await came) as [Socket];
      const heard = new Heard(socket);
      await closed(socket);
      expect(heard.text).toBe('hello');
    });

    test('the listener of createServer, with and without options', async () => {
      for (const server of [
        bench.net.createServer(socket => socket.end('a')),
        bench.net.createServer({}, socket => socket.end('a')),
      ]) {
        await called<[]>(callback => server.listen(0, HERE, callback));
        const far = bench.keep(nodeNet.connect(portOf(server), HERE));
        const heard = new Heard(far);
        await until(far, 'end');
        expect(heard.text).toBe('a');
        await called<[Error?]>(callback => server.close(callback));
      }
    });

    bench.unless('peer-ends-both')('allowHalfOpen: the answer to the end', async () => {
      const { socket, far } = await bench.accepted({ allowHalfOpen: true });
      expect(socket.allowHalfOpen).toBe(true);
      const heard = new Heard(far);
      socket.resume().on('end', () => socket.end('I saw it'));
      far.end('bye');
      await until(far, 'end');
      expect(heard.text).toBe('I saw it');
    });

    test('pauseOnConnect: nothing is read until resume()', async () => {
      const { socket, far } = await bench.accepted({ pauseOnConnect: true });
      const heard = new Heard(socket);
      far.write('hello');
      await turns(50);
      expect([socket.isPaused(), socket.bytesRead, heard.text]).toEqual([true, 0, '']);
      socket.resume();
      await until(socket, 'data');
      expect(heard.text).toMatch(/^h/);
    });

    test('highWaterMark', async () => {
      const { socket } = await bench.accepted({ highWaterMark: 1_000 } as nodeNet.ServerOpts);
      expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([1_000, 1_000]);
    });

    test('many at once', async () => {
      const { port } = await bench.listening({}, socket => socket.pipe(socket));
      const callers = Array.from({ length: 4 }, () => bench.keep(nodeNet.connect(port, HERE)));
      const answers = callers.map(async (caller, index) => {
        caller.write(`number ${index}`);
        const heard = new Heard(caller);
        while (heard.data.length < 8) await until(caller, 'data');
        return heard.text;
      });
      expect(await Promise.all(answers)).toEqual(callers.map((_, index) => `number ${index}`));
    });

    test('getConnections()', async () => {
      const { socket, server } = await bench.accepted();
      const count = () => called<[Error | null, number]>(callback => server.getConnections(callback));
      expect(await count()).toEqual([null, 1]);
      socket.destroy();
      await closed(socket);
      expect(await count()).toEqual([null, 0]);
    });

    test('maxConnections: drop, with both ends; room again after a close', async () => {
      const { server, port } = await bench.listening();
      server.maxConnections = 1;
      const log: string[] = [];
      const sockets: Socket[] = [];
      server.on('connection', socket => {
        log.push('connection');
        sockets.push(socket);
        socket.resume();
      });
      const first = bench.keep(nodeNet.connect(port, HERE));
      await until(server, 'connection');
      const dropped = until(server, 'drop');
      const second = bench.keep(nodeNet.connect(port, HERE)).resume();
      second.on('error', () => {});
      const [data] = (await dropped) as [DropArgument];
      expect(data).toEqual({
        localAddress: HERE,
        localPort: port,
        localFamily: 'IPv4',
        remoteAddress: HERE,
        remotePort: second.localPort,
        remoteFamily: 'IPv4',
      });
      await closed(second);
      first.destroy();
      await closed(sockets[0] as Socket);
      bench.keep(nodeNet.connect(port, HERE));
      await until(server, 'connection');
      expect(log).toEqual(['connection', 'connection']);
    });

    test('maxConnections, both ends here: room as soon as the caller has heard the end', async () => {
      const { server, port } = await bench.listening({}, socket => socket.resume());
      server.maxConnections = 1;
      const log: string[] = [];
      for (const event of ['connection', 'drop']) server.on(event, () => log.push(event));
      for (let round = 0; round < 3; round++) {
        const accepted = until(server, 'connection');
        const caller = bench.keep(bench.net.connect(port, HERE)).resume();
        await Promise.all([accepted, until(caller, 'connect')]);
        caller.end();
        await until(caller, 'end');
      }
      expect(log).toEqual(['connection', 'connection', 'connection']);
    });
  });

  describe('close', () => {
    test('without connections: close, then the callback', async () => {
      const { server } = await bench.listening();
      const log = record(server);
      await called<[Error?]>(callback => {
        expect(
          server.close(error => {
            log.push('callback');
            callback(error);
          }),
        ).toBe(server);
        expect([log, server.listening, server.address()]).toEqual([[], false, null]);
      });
      expect(log).toEqual(['close', 'callback']);
    });

    test('connections go on; close after the last', async () => {
      const { socket, far, server } = await bench.accepted();
      const log = record(server);
      server.close();
      const heard = new Heard(far);
      socket.write('still here');
      await until(far, 'data');
      await turns(20);
      expect(log).toEqual([]);
      expect(heard.text).toMatch(/^s/);
      socket.end();
      far.end();
      await until(server, 'close');
      expect(socket.destroyed).toBe(true);
    });

    test('nobody gets in any more', async () => {
      const { server, port } = await bench.listening();
      await called<[Error?]>(callback => server.close(callback));
      const far = bench.keep(nodeNet.connect(port, HERE));
      const [error] = await called<[Error]>(callback => far.once('error', callback));
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    });

    test('not running: the callback hears ERR_SERVER_NOT_RUNNING', async () => {
      const server = bench.server();
      const [error] = await called<[Error?]>(callback => server.close(callback));
      expect(error).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING', message: 'Server is not running.' });
    });

    test('twice', async () => {
      const { server } = await bench.listening();
      server.close();
      const [error] = await called<[Error?]>(callback => server.close(callback));
      expect(error).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
    });

    test('in the listener of listening', async () => {
      const server = bench.server();
      server.listen(0, HERE, () => server.close());
      await until(server, 'close');
    });

    test('in the listener of connection: that one goes on', async () => {
      const { server, port } = await bench.listening();
      server.on('connection', socket => {
        server.close();
        socket.end('hello');
      });
      const far = bench.keep(nodeNet.connect(port, HERE));
      const heard = new Heard(far);
      await Promise.all([until(far, 'end'), until(server, 'close')]);
      expect(heard.text).toBe('hello');
    });

    test('Symbol.asyncDispose', async () => {
      const { server } = await bench.listening();
      const log = record(server);
      await server[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      expect(log).toEqual(['close']);
    });
  });

  describe('ref and unref', () => {
    test('of a server return it, at any time', async () => {
      const server = bench.server();
      expect([server.unref(), server.ref()]).toEqual([server, server]);
      server.unref().listen(0, HERE);
      await until(server, 'listening');
      expect([server.ref(), server.unref(), server.ref()]).toEqual([server, server, server]);
    });
  });
}
