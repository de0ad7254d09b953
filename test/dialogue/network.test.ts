/** The network of a dialogue: peers that do what they are told, and notice what they were not told to expect. */
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Network } from './network.ts';

const networks: Network[] = [];
afterEach(() => {
  for (const network of networks.splice(0)) network.close();
});

function createNetwork(): Network {
  const network = new Network();
  networks.push(network);
  return network;
}

/** A TCP port number that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

it('lets two peers talk over TCP, and part', async () => {
  const network = createNetwork();
  const port = await freePort();
  for (const event of [
    `web listens 127.0.0.1 ${port}`,
    `caller calls 127.0.0.1 ${port}`,
    'caller sends hello, you',
    'web hears hello, you',
    'web sends \r\n\x00\xff',
    'caller hears \r\n\x00\xff',
    'caller closes',
    'web sees the end',
  ])
    await network.act(event);
});

it('notices other words', async () => {
  const network = createNetwork();
  const port = await freePort();
  await network.act(`web listens 127.0.0.1 ${port}`);
  await network.act(`caller calls 127.0.0.1 ${port}`);
  await network.act('caller sends good');
  await expect(network.act('web hears evil')).rejects.toThrow('web heard "good" and not "evil"');
});

it.each(['web dances', 'nobody sends hello'])('refuses "%s"', async event => {
  await expect(createNetwork().act(event)).rejects.toThrow(/nobody/);
});
