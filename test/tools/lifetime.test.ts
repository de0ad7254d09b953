/** Programs that use the package end when Node's own sockets would let them end, and not before. */
import { expect, test } from 'vitest';
import { runProgram, startSim, within } from './run-cli.ts';
import { openEcho } from './udp-echo.ts';

const OPEN = `
  import { openModem } from './dist/index.js';
  const modem = await openModem(process.env.MODEM);
  const socket = modem.dgram.createSocket('udp4');
`;
/** Says so if the process is still there by then; does not keep it alive itself. */
const STILL_HERE = `setTimeout(() => console.log('still here'), 700).unref();`;

const MODEMS: [string, () => Promise<string>][] = [
  ['in process', async () => 'sim:sequans'],
  ['over TCP', async () => (await startSim()).url],
  ['in process, quectel-qfwd', async () => 'sim:quectel-qfwd'],
];

test.each(MODEMS)('one that closed its sockets ends by itself within a second (%s)', async (_, modem) => {
  const { port } = await openEcho();
  const program = runProgram(
    `${OPEN}
    socket.on('message', data => socket.close(() => console.log('closed', String(data))));
    socket.send('hello', ${port}, '127.0.0.1');`,
    { MODEM: await modem() },
  );
  await program.line(/^closed hello$/);
  expect(await within(1_000, 'the end', program.ended)).toMatchObject({ code: 0, stderr: '' });
});

test.each(MODEMS)('one that opened a modem and no socket ends by itself (%s)', async (_, modem) => {
  const program = runProgram(`${OPEN} console.log('open');`, { MODEM: await modem() });
  await program.line(/^open$/);
  expect(await within(1_000, 'the end', program.ended)).toMatchObject({ code: 0, stderr: '' });
});

test.each(MODEMS)('an open socket keeps it alive (%s)', async (_, modem) => {
  const program = runProgram(`${OPEN} socket.bind(() => { ${STILL_HERE} });`, { MODEM: await modem() });
  await program.line(/^still here$/);
});

test.each(MODEMS)('unref() releases it (%s)', async (_, modem) => {
  const program = runProgram(
    `${OPEN} socket.bind(() => { ${STILL_HERE} socket.unref(); console.log('bound'); });`,
    { MODEM: await modem() },
  );
  await program.line(/^bound$/);
  expect(await program.ended).toEqual({ code: 0, stdout: 'bound\n', stderr: '' });
});

test.each(MODEMS)(
  'modem.ref() keeps it alive without a socket, modem.close() releases it (%s)',
  async (_, modem) => {
    const program = runProgram(
      `${OPEN}
    modem.ref();
    setTimeout(async () => { console.log('still here'); await modem.close(); }, 300).unref();`,
      { MODEM: await modem() },
    );
    await program.line(/^still here$/);
    expect(await within(1_000, 'the end', program.ended)).toMatchObject({ code: 0, stderr: '' });
  },
);

test('the library prints nothing by itself', async () => {
  const { port } = await openEcho();
  const program = runProgram(
    `${OPEN}
    socket.on('message', () => socket.close());
    socket.send('hello', ${port}, '127.0.0.1');`,
    { MODEM: 'sim:sequans?faults=unsolicited-cme-171,nul-at-boot,urc-before-result' },
  );
  expect(await program.ended).toEqual({ code: 0, stdout: '', stderr: '' });
});
