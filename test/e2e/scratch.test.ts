/** scratch */
import { expect, test } from 'vitest';
import { simFaults } from '../../src/sim/index.ts';
import { GENERATIONS, openBench } from './modems.ts';
import { bind, openEcho, openPeer, openSocket, send } from './sockets.ts';

for (const generation of GENERATIONS)
  for (const encoding of ['binary', 'hex'] as const)
    for (const fault of Object.keys(simFaults))
      test(`${fault} ${generation} ${encoding}`, async () => {
        const t0 = performance.now();
        const { modem } = await openBench({ generation, faults: [fault] }, { encoding });
        const urcs: string[] = [];
        modem.at.on('urc', ({ line }) => urcs.push(line));
        try {
          for (const type of ['udp4', 'udp6'] as const) {
            const echo = await openEcho(type);
            const { socket, inbox } = openSocket(modem.dgram, type);
            for (const text of ['one', 'two', 'three']) {
              await send(socket, text, echo);
              const { data, from } = await inbox.takeOne();
              expect(data.toString()).toBe(text);
              expect(from.port).toBe(echo.port);
            }
          }
          const peer = await openPeer();
          const { socket, inbox } = openSocket(modem.dgram);
          await bind(socket);
          peer.socket.send('call', socket.address().port, '127.0.0.1');
          const { data, from } = await inbox.takeOne();
          expect(data.toString()).toBe('call');
          await send(socket, 'answer', from);
          expect((await peer.inbox.takeOne()).data.toString()).toBe('answer');
          expect((await modem.dns.promises.lookup('localhost')).address).toBe('127.0.0.1');
        } catch (e) { console.log('FAIL', fault, generation, encoding, (e as Error).message, modem.stats().recoveries, (e as any).cause?.message); }
        if (fault.startsWith('urc-')) console.log('URC', fault, generation, encoding, urcs.length, urcs.filter(u => u.startsWith('+CEREG')).length);
        const ms = performance.now() - t0;
        if (ms > 300) console.log('SLOW', fault, generation, encoding, Math.round(ms));
      });
