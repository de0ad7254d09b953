/** The whole way on a simulated modem: from the network to web hook, mail and broker, and from the broker to the network. */
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { openOutgoing } from '../../src/outgoing/outgoing.ts';
import { overThisComputer } from '../../src/outgoing/webhook-ways.ts';
import { outgoingService } from '../../src/tools/outgoing-service.ts';
import { openServed } from '../serve/served.ts';
import { temporaryFolder } from '../support/programs.ts';
import { listenTo, openBroker } from './broker.ts';

const GATEWAY = { gateway: 'gate' };

test('a message from the network is told to all, an order from the broker goes out once', async ({
  skip,
}) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker);
  const posted: string[] = [];
  const receiver = createServer(async (request, response) => {
    posted.push(await textOf(request));
    response.end();
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  const mails: string[] = [];
  const mailServer = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    onData: async (stream, _session, done) => {
      mails.push(await textOf(stream));
      done();
    },
  });
  await new Promise<void>(resolve => mailServer.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void [receiver.close(), mailServer.close()]);
  const portOf = (address: unknown): number => (address as AddressInfo).port;

  const { sim, service } = await openServed();
  const said: string[] = [];
  const outgoing = await openOutgoing(
    outgoingService(service, net, temporaryFolder()),
    {
      webhook: {
        ...GATEWAY,
        url: new URL(`http://127.0.0.1:${portOf(receiver.address())}/`),
        secret: Buffer.alloc(32),
        way: () => overThisComputer(['127.0.0.1']),
      },
      mail: {
        ...GATEWAY,
        server: new URL(`smtp://127.0.0.1:${portOf(mailServer.server.address())}`),
        from: 'gate@example.org',
        to: ['one@example.org'],
      },
      mqtt: { ...GATEWAY, broker: broker.url, prefix: 'atsock/gate' },
    },
    sentence => said.push(sentence),
  );
  onTestFinished(outgoing.close);

  sim.sms.deliver({ from: '+43660123456', text: 'Grüße 😀' });
  const { payload } = await listener.hear('the message', ({ topic }) => topic === 'atsock/gate/sms/received');
  expect(JSON.parse(payload)).toMatchObject({
    type: 'message',
    message: { from: '+43660123456', text: 'Grüße 😀', parts: 1 },
  });
  await expect.poll(() => posted, { timeout: 10_000 }).toHaveLength(1);
  expect(JSON.parse(posted[0] ?? '')).toEqual({ gateway: 'gate', ...JSON.parse(payload) });
  await expect.poll(() => mails, { timeout: 10_000 }).toHaveLength(1);
  expect(mails[0]).toContain(Buffer.from('Grüße 😀').toString('base64'));

  const order = JSON.stringify({ id: '42', to: '+43660654321', text: 'Hello' });
  for (let times = 0; times < 3; times++)
    await listener.client.publishAsync('atsock/gate/sms/send', order, { qos: 1 });
  await listener.hear('that it is sent', heard => heard.payload.includes('"state":"sent"'));
  const results = listener.heard.filter(({ topic }) => topic === 'atsock/gate/sms/result');
  expect(new Set(results.map(result => JSON.parse(result.payload).job)).size).toBe(1);
  expect(sim.sms.sent).toHaveLength(1);

  const wrong = JSON.stringify({ id: '43', to: 'nobody', text: 'Hello', more: 1 });
  await listener.client.publishAsync('atsock/gate/sms/send', wrong, { qos: 1 });
  const refused = await listener.hear(
    'the refusal',
    heard => heard.payload.includes('"id":"43"') && heard.payload.includes('error'),
  );
  expect(JSON.parse(refused.payload).error).toMatch(/^the order is not as it must be; .*to: /);
  expect(said).toEqual([]);
});
