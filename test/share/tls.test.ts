/** Over TLS: whoever speaks none is not talked to, and whoever does needs the token as well. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { Tokens } from '../../src/share/tokens.ts';
import { createCertificate } from '../conformance/net-certificate.ts';
import { openShared, RawClient } from './bench.ts';

const TOKEN = 'abcdefghijklmnopqrstuv';

test('cleartext is closed unheard; with TLS and token a line is answered', async ({ skip }) => {
  const certificate = createCertificate();
  if (!certificate) return skip('needs openssl');
  const tls = { cert: certificate.cert.toString(), key: certificate.key.toString() };
  const { port, sim } = await openShared({}, { tls, tokens: new Tokens(`admin ${TOKEN}`, 'test') });
  const before = sim.received.length;
  const plain = new RawClient(port).say(`AUTH ${TOKEN}\rAT+CFUN=0\r`);
  await once(plain.socket, 'close');
  expect(sim.received.length).toBe(before);
  const secure = connect({ port, host: '127.0.0.1', ca: tls.cert, servername: 'localhost' });
  onTestFinished(() => void secure.destroy());
  await once(secure, 'secureConnect');
  secure.setEncoding('latin1').end(`AT+CGMM\rAUTH ${TOKEN}\rAT+CGMM\r`);
  let heard = '';
  for await (const text of secure) heard += text;
  expect(heard).toBe('\r\nERROR\r\n\r\nOK\r\n\r\nGM02S\r\n\r\nOK\r\n');
});
