/** Your own program under test, without hardware: a simulated modem that can misbehave on purpose. */
//   node --test examples/test-with-sim.mjs
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import { openModem } from 'atsock';

/** What is to be tested: asks a service and gives its answer. */
async function ask(dgram, question, port) {
  const socket = dgram.createSocket('udp4');
  socket.send(question, port, '127.0.0.1');
  const [answer] = await once(socket, 'message');
  socket.close();
  return answer.toString();
}

for (const modemUrl of [
  'sim:sequans',
  'sim:sequans?generation=1',
  'sim:sequans?faults=urc-before-prompt,ring-when-empty',
]) {
  test(`the answer comes back over ${modemUrl}`, async () => {
    const service = createSocket('udp4').bind(0, '127.0.0.1');
    await once(service, 'listening');
    service.on('message', (question, { port, address }) => service.send(`re: ${question}`, port, address));
    const modem = await openModem(modemUrl);
    assert.equal(await ask(modem.dgram, 'temperature?', service.address().port), 're: temperature?');
    await modem.close();
    service.close();
  });
}
