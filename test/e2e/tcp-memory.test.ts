/** A socket that is not read: what its peer sends stays with the peer, and the program's memory does not grow. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { needBuild } from '../support/programs.ts';
import { runProgram } from '../tools/run-cli.ts';
import { SEQUANS } from './dialects.ts';
import { startTcp, TYPICAL } from './modems.ts';
import { openEcho, openServer } from './streams.ts';

const SEED = 50;
const MIB = 1 << 20;
/** Of which the peer sends its bytes, each time with its number in front. */
const BLOCK = nastyBytes(MIB - 4, SEED);

/** Measures itself, as a program that only uses the package. `WAITING` bytes of memory are all that it may hold. */
const PROGRAM = `
  import { createHash } from 'node:crypto';
  import { once } from 'node:events';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  import { openModem } from 'atsock';

  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const held = () => {
    gc();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  };
  const { MODEM, FLOOD, ECHO } = process.env;
  const modem = await openModem(MODEM);
  const connect = async port => {
    const socket = modem.net.connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const flooded = (await connect(FLOOD)).pause();
  const others = [await connect(ECHO), await connect(ECHO)];
  const block = Buffer.alloc(64 * 1024, 'echo');
  /** A block there and back on each of the others. */
  const exchange = () => Promise.all(others.map(async socket => {
    socket.write(block);
    let bytes = 0;
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes === block.length) break;
    }
  }));

  for (let round = 0; round < 5; round++) await exchange();
  const before = held();
  flooded.write('begin');
  let growth = 0;
  for (let round = 0; round < 20; round++) {
    await exchange();
    growth = Math.max(growth, held() - before);
  }
  console.log(JSON.stringify({ growth, bytesRead: flooded.bytesRead }));

  const hash = createHash('sha1');
  for await (const chunk of flooded) hash.update(chunk);
  console.log(JSON.stringify({ received: flooded.bytesRead, sha1: hash.digest('hex') }));
  await modem.close();
`;

/** Sends as fast as it is let, with no more in memory than one block. */
async function flood(peer: Socket, bytes: number): Promise<string> {
  const hash = createHash('sha1');
  for (let index = 0; index < bytes / MIB; index++) {
    const block = Buffer.concat([Buffer.alloc(4, index), BLOCK]);
    hash.update(block);
    await new Promise<void>((resolve, reject) =>
      peer.write(block, error => (error ? reject(error) : resolve())),
    );
  }
  peer.end();
  return hash.digest('hex');
}

/** Much more than all buffers of the kernel on the way. */
const KINDS = TYPICAL.map(kind => ({ ...kind, mib: kind.dialect === SEQUANS ? 50 : 20 }));
const WHAT = `for a paused socket: less than 1 MiB of memory, and all of it in the end, seed ${SEED}`;

test.each(KINDS)(`$name, $mib MiB ${WHAT}`, async ({ simOptions, mib }) => {
  const sent = mib * MIB;
  needBuild();
  let flooding: Promise<string> | undefined;
  let done: string | undefined;
  const target = await openServer(peer => {
    peer.once('data', () => {
      flooding = flood(peer, sent);
      flooding.then(
        sha1 => {
          done = sha1;
        },
        () => {},
      );
    });
  });
  const echo = await openEcho();
  const program = runProgram(PROGRAM, {
    MODEM: await startTcp(simOptions),
    FLOOD: `${target.port}`,
    ECHO: `${echo.port}`,
  });
  const { growth, bytesRead } = JSON.parse(await program.line(/growth/));
  expect(done, 'the peer is held up').toBeUndefined();
  expect(growth).toBeLessThan(MIB);
  expect(bytesRead).toBeLessThan(MIB);
  expect(JSON.parse(await program.line(/sha1/))).toEqual({ received: sent, sha1: await flooding });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});
