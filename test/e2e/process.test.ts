/** Programs in processes of their own: when they end, and that a change of the import is all they need. */
import { describe, expect, type TestContext, test } from 'vitest';
import { needBuild } from '../support/programs.ts';
import { type Ended, runProgram } from '../tools/run-cli.ts';
import { simUrl, startPty, TYPICAL } from './modems.ts';
import { openEcho, openPeer } from './sockets.ts';

type Start = (skip: TestContext['skip']) => Promise<string>;

const MODEMS = TYPICAL.flatMap(({ name, simOptions }): (readonly [string, Start])[] => [
  [`${name}, sim:`, async () => simUrl(simOptions)],
  [`${name}, serial:`, skip => startPty(skip, simOptions)],
]);

const OPEN = `
  import { openModem } from 'atsock';
  const modem = await openModem(process.env.ATSOCK_MODEM);
  const socket = modem.dgram.createSocket('udp4');
`;

/** Said only by a process that something else keeps alive. */
const STILL_HERE = `setTimeout(() => console.log('still here'), 500).unref();`;

/** Runs to the end; one that does not end is an error at the deadline of `runProgram`. */
function run(source: string, modem: string): Promise<Ended> {
  needBuild();
  return runProgram(source, { ATSOCK_MODEM: modem }).ended;
}

describe.each(MODEMS)('%s', (_, start) => {
  test('a program that closed its sockets ends by itself', async ({ skip }) => {
    const { port } = await openEcho();
    const ended = await run(
      `${OPEN}
      socket.on('message', data => socket.close(() => {
        console.log('closed after', String(data));
        globalThis.closed = performance.now();
      }));
      process.on('exit', () => console.log(performance.now() - globalThis.closed < 5000 ? 'soon' : 'late'));
      socket.send('hello', ${port}, '127.0.0.1');`,
      await start(skip),
    );
    expect(ended).toEqual({ code: 0, stdout: 'closed after hello\nsoon\n', stderr: '' });
  });

  test('one whose sockets were never used ends by itself', async ({ skip }) => {
    expect(await run(OPEN, await start(skip))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('an open socket keeps it alive, and it still hears', async ({ skip }) => {
    const peer = await openPeer();
    const program = runProgram(
      `${OPEN}
      ${STILL_HERE}
      socket.on('message', data => socket.close(() => console.log('heard', String(data))));
      socket.send('hello', ${peer.port}, '127.0.0.1');`,
      { ATSOCK_MODEM: await start(skip) },
    );
    const { from } = await peer.inbox.takeOne();
    await program.line(/^still here$/);
    peer.socket.send('late word', from.port, from.address);
    expect(await program.ended).toEqual({ code: 0, stdout: 'still here\nheard late word\n', stderr: '' });
  });

  test('unref() releases it, ref() takes it back', async ({ skip }) => {
    const url = await start(skip);
    const unref = `${OPEN} socket.bind(() => { ${STILL_HERE} socket.unref(); console.log('bound'); });`;
    expect(await run(unref, url)).toEqual({ code: 0, stdout: 'bound\n', stderr: '' });
    const program = runProgram(unref.replace('socket.unref();', 'socket.unref(); socket.ref();'), {
      ATSOCK_MODEM: url,
    });
    await program.line(/^still here$/);
  });
});

describe('atsock/dgram', () => {
  /** Written for Node; knows nothing of modems. */
  const unmodified = (module: string, port: number): string => `
    import dgram, { createSocket } from '${module}';
    const socket = createSocket('udp4');
    socket.on('message', (data, { address, port, family, size }) => {
      console.log(String(data), address, port === ${port}, family, size);
      socket.close();
    });
    socket.on('listening', () => console.log('listening', socket.address().family));
    socket.on('close', () => console.log('closed'));
    socket.send(['tele', Buffer.from('metry')], ${port}, '127.0.0.1', (error, bytes) => console.log(error, bytes));
    console.log(socket instanceof dgram.Socket);
  `;

  test.for(MODEMS)(
    'an unmodified program, but for its import, does the same (%s)',
    async ([, start], { skip }) => {
      const { port } = await openEcho();
      const withNode = await run(unmodified('node:dgram', port), '');
      expect(withNode).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('telemetry 127.0.0.1'),
      });
      expect(await run(unmodified('atsock/dgram', port), await start(skip))).toEqual(withNode);
    },
  );

  test('importing it opens nothing and ends', async () => {
    // Whoever opened this would fail.
    const modem = 'serial:/dev/there-is-no-such-port';
    const source = `import { createSocket } from 'atsock/dgram'; console.log(typeof createSocket);`;
    expect(await run(source, modem)).toEqual({ code: 0, stdout: 'function\n', stderr: '' });
  });

  test('a socket says what is wrong with the modem, at its first use', async () => {
    const use = `
      import { createSocket } from 'atsock/dgram';
      const socket = createSocket('udp4');
      console.log('created');
      socket.send('x', 7, '127.0.0.1', error => console.log(error.code, error.cause.message));
    `;
    const missing = await run(use, 'serial:/dev/there-is-no-such-port');
    expect(missing).toMatchObject({ code: 0, stderr: '' });
    expect(missing.stdout).toMatch(/^created\nENETDOWN .*there-is-no-such-port/);
    expect((await run(use, '')).stdout).toMatch(/^created\nENETDOWN .*ATSOCK_MODEM/);
  });
});
