/** Over TLS: whoever speaks none is not talked to, who does needs the token as well, and atsock has both. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { openModem } from '../../src/index.ts';
import { ROLES } from '../../src/share/policy.ts';
import { createTlsTransport } from '../../src/transport/tls.ts';
import { Tokens } from '../../src/util/tokens.ts';
import { certify } from '../e2e/authority.ts';
import { dial, expectBytes, openEcho } from '../e2e/streams.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { openShared, RawClient } from './bench.ts';

const TOKEN = 'abcdefghijklmnopqrstuv';
const SEED = 443;

async function openSecure(skip: TestContext['skip'], host = '127.0.0.1') {
  const folder = temporaryFolder();
  const { key, cert, ca, caFile } = certify(needProgram(skip, 'openssl'), folder);
  const bench = await openShared(
    {},
    {
      places: [{ host, port: 0 }],
      tls: { key, cert },
      tokens: new Tokens(`read,socket ${TOKEN}`, 'test', ROLES),
    },
  );
  const file = (token: string, mode = 0o600): string => {
    const path = join(folder, `token-${token.length}-${mode}`);
    writeFileSync(path, `${token}\n`, { mode });
    return path;
  };
  return { ...bench, ca, caFile, file, before: bench.sim.received.length };
}

test('cleartext is closed unheard; with TLS and token a line is answered', async ({ skip }) => {
  const { port, sim, ca, before } = await openSecure(skip);
  const plain = new RawClient(port).say(`AUTH ${TOKEN}\rAT+CFUN=0\r`);
  await once(plain.socket, 'close');
  expect(sim.received.length).toBe(before);
  const secure = connect({ port, host: '127.0.0.1', ca });
  onTestFinished(() => void secure.destroy());
  await once(secure, 'secureConnect');
  secure.setEncoding('latin1').end(`AT+CGMM\rAUTH ${TOKEN}\rAT+CGMM\r`);
  let heard = '';
  for await (const text of secure) heard += text;
  expect(heard).toBe('\r\nERROR\r\n\r\nOK\r\n\r\nGM02S\r\n\r\nOK\r\n');
});

test(`atsock has sockets over it, and tells nobody the token, seed ${SEED}`, async ({ skip }) => {
  const { port, caFile, file } = await openSecure(skip);
  const url = `tls://127.0.0.1:${port}?ca=${caFile}&token-file=${file(`read,socket ${TOKEN}`)}`;
  const lines: string[] = [];
  const modem = await openModem(url, { trace: line => lines.push(line) });
  onTestFinished(() => modem.close());
  const stream = await dial(modem.net, await openEcho());
  const bytes = nastyBytes(32 * 1024, SEED);
  const echoed = expectBytes(stream, bytes, 'echo');
  stream.write(bytes);
  await echoed;
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.join('\n')).not.toMatch(new RegExp(`AUTH|${TOKEN}`));
});

test.for<[string, (bench: Awaited<ReturnType<typeof openSecure>>) => string, RegExp]>([
  [
    'a certificate of nobody',
    ({ file }) => `?token-file=${file(TOKEN)}`,
    /Cannot connect to tls:.*certificate/,
  ],
  [
    'a wrong token',
    ({ caFile, file }) => `?ca=${caFile}&token-file=${file(`${TOKEN}x`)}`,
    /refuses the token/,
  ],
  [
    'a token that others may read',
    ({ caFile, file }) => `?ca=${caFile}&token-file=${file(TOKEN, 0o644)}`,
    /chmod 600/,
  ],
  ['no token', ({ caFile }) => `?ca=${caFile}`, /refused|ERROR|answer/],
])('with %s no command is written', async ([_, parameters, why], { skip }) => {
  const { port, sim, before, ...files } = await openSecure(skip);
  const url = `tls://127.0.0.1:${port}${parameters({ port, sim, before, ...files })}`;
  const error = await openModem(url, { reopen: 'off' }).then(() => expect.unreachable(), String);
  expect(error).toMatch(why);
  expect(error).not.toContain(TOKEN);
  expect(sim.received.length).toBe(before);
});

test('a server with the certificate of another is told nothing', async ({ skip }) => {
  // An address of this computer that is not in the certificate.
  const { port, ca } = await openSecure(skip, '127.0.0.2');
  const transport = createTlsTransport({ host: '127.0.0.2', port, ca });
  await expect(transport.open()).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('a token is not shown to other computers without TLS', async () => {
  await expect(openModem('tcp://192.0.2.1:5000?token-file=/x')).rejects.toThrow(/a token is for tls:/);
});
