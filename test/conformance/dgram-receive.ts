/** Conformance: 'message' and its `rinfo`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { type Bench, called, until } from './bench.ts';

export function receiving(bench: Bench): void {
  describe('message', () => {
    test.each([
      ['udp4', 4, 'IPv4'],
      ['udp6', 6, 'IPv6'],
    ] as const)('%s: a Buffer, and who sent it', async (type, family, familyName) => {
      const peer = await bench.peer(family);
      const socket = await bench.bound(type);
      peer.say('hello', socket.address().port);
      const [data, rinfo] = await until(socket, 'message');
      expect(Buffer.isBuffer(data)).toBe(true);
      expect(String(data)).toBe('hello');
      expect(rinfo).toEqual({ address: peer.address, family: familyName, port: peer.port, size: 5 });
      expect(Object.keys(rinfo as object)).toEqual(['address', 'family', 'port', 'size']);
    });

    test('an answer finds its way back', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      socket.on('message', (data, { port, address }) => socket.send(`re: ${data}`, port, address));
      peer.say('ping', socket.address().port);
      expect(await peer.hearText()).toBe('re: ping');
    });

    test('every byte value', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      await called(callback => socket.send(bytes, peer.port, peer.address, callback));
      const { data, from } = await peer.hear();
      expect(data).toEqual(bytes);
      peer.say(data, from.port);
      expect((await until(socket, 'message'))[0]).toEqual(bytes);
    });

    bench.unless('empty-datagram')('an empty one', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      peer.say('', socket.address().port);
      const [data, rinfo] = await until(socket, 'message');
      expect(data).toEqual(Buffer.alloc(0));
      expect(rinfo).toMatchObject({ size: 0, port: peer.port });
    });

    test('20 peers in turn: each answer with its true sender', async () => {
      const socket = bench.socket();
      const peers = await Promise.all(Array.from({ length: 20 }, () => bench.peer()));
      for (const [index, peer] of peers.entries()) {
        socket.send(`to ${index}`, peer.port, peer.address);
        const { data, from } = await peer.hear();
        expect(`${data}`).toBe(`to ${index}`);
        peer.say(`from ${index}`, from.port);
        const [answer, rinfo] = await until(socket, 'message');
        expect(`${answer}`).toBe(`from ${index}`);
        expect(rinfo).toMatchObject({ address: peer.address, port: peer.port });
      }
    });

    test('100 datagrams keep their borders and their order', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      socket.send('here I am', peer.port, peer.address);
      const { from } = await peer.hear();
      const texts = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat((index * 7) % 200)}`);
      const heard: string[] = [];
      await called(done => {
        socket.on('message', data => {
          if (heard.push(`${data}`) === texts.length) done();
        });
        for (const text of texts) peer.say(text, from.port);
      });
      expect(heard).toEqual(texts);
    });

    test('a listener that throws: an uncaught exception, and the next message comes', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const failure = new Error('thrown by a listener');
      socket.once('message', () => {
        throw failure;
      });
      const uncaught: unknown[] = [];
      process.setUncaughtExceptionCaptureCallback(error => uncaught.push(error));
      try {
        peer.say('one', socket.address().port);
        await called(done => {
          socket.on('message', data => `${data}` === 'two' && done());
          peer.say('two', socket.address().port);
        });
      } finally {
        process.setUncaughtExceptionCaptureCallback(null);
      }
      expect(uncaught).toEqual([failure]);
    });

    test('listeners run in the async context in which the socket was created', async () => {
      const context = new AsyncLocalStorage<string>();
      const peer = await bench.peer();
      const socket = await context.run('created', () => bench.bound());
      const [heardIn] = await context.run('listening', () =>
        called<[string | undefined]>(done => {
          socket.once('message', () => done(context.getStore()));
          peer.say('x', socket.address().port);
        }),
      );
      expect(heardIn).toBe('created');
      const [sentIn] = await context.run('sending', () =>
        called<[string | undefined]>(done =>
          socket.send('x', peer.port, peer.address, () => done(context.getStore())),
        ),
      );
      expect(sentIn).toBe('sending');
    });
  });
}
