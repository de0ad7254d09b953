/** Real programs, through the modem: the CoAP client of npm, and NTP and DNS, with real servers on loopback. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, type IncomingMessage, request } from 'coap';
import * as dnsPacket from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { freePort, needProgram, startServer, temporaryFolder } from '../support/programs.ts';
import { countOf, MODEMS, openBench } from './modems.ts';
import { deadline, LOOPBACK, openSocket, send, type To } from './sockets.ts';

const TYPES = ['udp4', 'udp6'] as const;
const KINDS = MODEMS.flatMap(kind => TYPES.map(type => ({ ...kind, type })));

/** Writes a configuration file and gives its path. */
function configuration(name: string, lines: readonly string[]): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

describe.each(KINDS)('$name, $type', ({ simOptions, dialect, type }) => {
  const address = LOOPBACK[type];

  /** One question over a new socket of the modem → the answer. */
  async function ask(question: Uint8Array, server: To): Promise<Buffer> {
    const { modem } = await openBench(simOptions);
    const { socket, inbox } = openSocket(modem.dgram, type);
    await send(socket, question, server);
    const { data, from } = await inbox.takeOne();
    expect(from).toMatchObject(server);
    return data;
  }

  test('the coap client gets answers from coap-server', async ({ skip }) => {
    const program = needProgram(skip, 'coap-server-notls');
    const port = await freePort();
    await startServer(program, ['-A', address, '-p', `${port}`, '-d', '10'], { type, port });

    const { modem, sim } = await openBench(simOptions);
    const agent = new Agent({ socket: openSocket(modem.dgram, type).socket });
    const exchange = (method: 'GET' | 'PUT', pathname: string, payload = ''): Promise<IncomingMessage> =>
      deadline(`${method} ${pathname}`, (resolve, reject) => {
        const message = request({ host: address, port, method, pathname, agent });
        // Blocks of 64 bytes (RFC 7959), so that one answer takes many datagrams each way.
        if (method === 'GET') message.setOption('Block2', Buffer.of(2));
        message.on('response', resolve).on('error', reject).end(payload);
      });

    const root = await exchange('GET', '/');
    expect(root.code).toBe('2.05');
    expect(root.payload.toString()).toContain('libcoap');
    expect(root.rsinfo).toMatchObject({ address, port });
    const text = Array.from({ length: 80 }, (_, index) => `reading ${index}`).join('\n');
    expect((await exchange('PUT', '/telemetry', text)).code).toBe('2.01');
    const before = countOf(sim, dialect.sends);
    expect((await exchange('GET', '/telemetry')).payload.toString()).toBe(text);
    expect(countOf(sim, dialect.sends)).toBe(before + Math.ceil(text.length / 64));
    expect((await exchange('GET', '/nowhere')).code).toBe('4.04');
  });

  test('chronyd answers an NTP query', async ({ skip }) => {
    const program = needProgram(skip, 'chronyd');
    const port = await freePort();
    const folder = temporaryFolder();
    const config = configuration('chrony.conf', [
      `port ${port}`,
      'cmdport 0',
      'bindcmdaddress /',
      `bindaddress ${address}`,
      'local stratum 1',
      `allow ${address}`,
      `pidfile ${folder}/pid`,
      `driftfile ${folder}/drift`,
    ]);
    await startServer(program, ['-x', '-d', '-U', '-f', config], { type, port });

    // RFC 5905: version 4, client; the transmit time comes back as the origin of the answer.
    const query = Buffer.alloc(48);
    query[0] = (4 << 3) | 3;
    query.writeUInt32BE(0xdecaf, 40);
    query.writeUInt32BE(0xbad0ff, 44);
    const answer = await ask(query, { address, port });
    expect(answer).toHaveLength(48);
    expect((answer[0] ?? 0) & 0x3f, 'version 4, server').toBe((4 << 3) | 4);
    expect(answer[1], 'stratum').toBe(1);
    expect(answer.subarray(24, 32)).toEqual(query.subarray(40, 48));
    const seconds = answer.readUInt32BE(40) - 2_208_988_800;
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
  });

  test('unbound answers a DNS query built with dns-packet', async ({ skip }) => {
    const program = needProgram(skip, 'unbound');
    const port = await freePort();
    const config = configuration('unbound.conf', [
      'server:',
      `  interface: ${address}`,
      `  port: ${port}`,
      '  access-control: 127.0.0.0/8 allow',
      '  access-control: ::1/128 allow',
      '  chroot: ""',
      '  username: ""',
      '  pidfile: ""',
      '  use-syslog: no',
      '  module-config: "iterator"',
      '  local-zone: "atsock.test." static',
      '  local-data: "sensor.atsock.test. 300 IN A 192.0.2.7"',
      '  local-data: "sensor.atsock.test. 300 IN AAAA 2001:db8::7"',
      'remote-control:',
      '  control-enable: no',
    ]);
    await startServer(program, ['-d', '-c', config], { type, port });

    for (const [record, data] of [
      ['A', '192.0.2.7'],
      ['AAAA', '2001:db8::7'],
    ] as const) {
      const answer = dnsPacket.decode(
        await ask(
          dnsPacket.encode({
            type: 'query',
            id: 4711,
            flags: dnsPacket.RECURSION_DESIRED,
            questions: [{ type: record, name: 'sensor.atsock.test' }],
          }),
          { address, port },
        ),
      );
      expect(answer).toMatchObject({
        id: 4711,
        type: 'response',
        answers: [{ type: record, name: 'sensor.atsock.test', ttl: 300, data }],
      });
    }
  });
});
