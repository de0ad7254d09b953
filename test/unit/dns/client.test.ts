/** Questions over a modem: who is asked, how often, over how many connections; and what is done after a failure. */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { type Asking, DnsClient } from '../../../src/dns/client.ts';
import { DnsFailure } from '../../../src/dns/dns-failure.ts';
import { parseServer } from '../../../src/dns/servers.ts';
import type { Endpoint } from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { turns } from '../../conformance/bench.ts';
import { type Asked, addressOf, authority, flipped, readQuestion, response } from './name-server.ts';
import { type Network, PacketDriver, type PacketOptions, type Sent } from './packet-driver.ts';

const SERVERS = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(text => parseServer(text)) as Endpoint[];
const [FIRST, SECOND] = SERVERS as [Endpoint, Endpoint, Endpoint];
const NAME = 'host.example.test';

const right = (asked: Asked, address = '198.51.100.7'): Buffer =>
  response(asked, { answers: [addressOf(asked.name, address)] });

interface Setup {
  readonly driver: PacketDriver;
  readonly client: DnsClient;
  ask(name?: string, asking?: Partial<Asking>): Promise<unknown>;
}

/** @param network what a server says */
function create(
  network: (asked: Asked, sent: Sent) => readonly Buffer[],
  options: PacketOptions = {},
): Setup {
  const whole: Network = sent => network(readQuestion(sent.message, sent.overTcp), sent);
  const driver = new PacketDriver(whole, options);
  const client = new DnsClient(
    async () => driver,
    () => undefined,
  );
  const usual: Asking = {
    servers: SERVERS,
    plain: false,
    patience: { timeoutMs: 1_000, maxTimeoutMs: 0, tries: 2 },
    signal: never(),
  };
  return {
    driver,
    client,
    ask: async (name = NAME, asking = {}) => {
      const known = await client.ask(name, 'A', { ...usual, ...asking });
      if (known.failure) throw known.failure;
      return known.records.map(({ data }) => data);
    },
  };
}

/** A signal that anybody may listen to. */
function never(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

const failed = (code: string): unknown => expect.objectContaining({ name: 'DnsFailure', code });
const askedServers = ({ driver }: Setup): string[] => driver.sent.map(({ to }) => to.address);

/** Lets what is waited for happen, without waiting. */
async function overTime<T>(work: () => Promise<T>): Promise<{ value: T | unknown; afterMs: number }> {
  vi.useFakeTimers();
  try {
    const start = performance.now();
    const value = work().catch(error => error);
    let settled = false;
    void value.then(() => {
      settled = true;
    });
    for (let steps = 0; !settled && steps < 100_000; steps++) await vi.advanceTimersByTimeAsync(10);
    return { value: await value, afterMs: performance.now() - start };
  } finally {
    vi.useRealTimers();
  }
}

describe('an answer', () => {
  test('of the first server is enough, and its connection is given back', async () => {
    const setup = create(asked => [right(asked)]);
    expect(await setup.ask()).toEqual(['198.51.100.7']);
    await turns();
    expect(askedServers(setup)).toEqual([FIRST.address]);
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });

  test('is remembered, for the servers that gave it (deviation dns-cache)', async () => {
    const setup = create(asked => [right(asked)]);
    await setup.ask();
    await setup.ask(NAME.toUpperCase());
    expect(setup.driver.sent).toHaveLength(1);
    await setup.ask(NAME, { servers: [SECOND] });
    expect(setup.driver.sent).toHaveLength(2);
  });

  test('is forgotten in another PDP context, as are its name servers', async () => {
    const setup = create(asked => [right(asked)]);
    await setup.ask();
    setup.driver.contextAddresses = ['198.51.100.2'];
    await setup.ask();
    await setup.ask();
    expect(setup.driver.sent).toHaveLength(2);
  });

  test('of the PDP context before is not remembered in the next one', async () => {
    const setup = create(asked => [right(asked)]);
    let other: Promise<unknown> | undefined;
    setup.driver.beforeOpening = async () => {
      setup.driver.contextAddresses = ['198.51.100.2'];
      other ??= setup.ask('other.test');
      await turns();
    };
    await setup.ask();
    await other;
    await setup.ask();
    expect(setup.driver.sent).toHaveLength(3);
  });

  test('that a name is missing is remembered too', async () => {
    const setup = create(asked => [response(asked, { code: 3, authorities: [authority(9, 9)] })]);
    await expect(setup.ask()).rejects.toEqual(failed('ENOTFOUND'));
    await expect(setup.ask()).rejects.toEqual(failed('ENOTFOUND'));
    expect(setup.driver.sent).toHaveLength(1);
  });

  test('from elsewhere, to another id, name or case is not heard', async () => {
    const forged = (asked: Asked): Buffer => right(asked, '203.0.113.66');
    const driver = new PacketDriver(sent => {
      const asked = readQuestion(sent.message);
      return [
        { data: forged(asked), remote: { ...sent.to, address: '203.0.113.1' } },
        { data: forged(asked), remote: { ...sent.to, port: 5353 } },
        flipped(forged(asked), 0, 1),
        flipped(forged(asked), 13, 2),
        right(asked),
      ];
    });
    const client = new DnsClient(
      async () => driver,
      () => [FIRST],
    );
    const known = await client.ask(NAME, 'A', {
      servers: undefined,
      plain: false,
      patience: { timeoutMs: 1_000, maxTimeoutMs: 0, tries: 1 },
      signal: new AbortController().signal,
    });
    expect(known.records).toMatchObject([{ data: '198.51.100.7' }]);
  });

  test('to an earlier try counts', async () => {
    let first: Asked | undefined;
    const setup = create(asked => {
      if (first) return [right(first)];
      first = asked;
      return [];
    });
    const { value } = await overTime(() => setup.ask(NAME, { servers: [FIRST] }));
    expect(value).toEqual(['198.51.100.7']);
    expect(setup.driver.openings).toHaveLength(1);
  });
});

describe('after a failure', () => {
  test.each([
    ['SERVFAIL', 2, 'ESERVFAIL'],
    ['NOTIMP', 4, 'ENOTIMP'],
    ['REFUSED', 5, 'EREFUSED'],
  ])('%s: the next server, each once', async (_what, code, expected) => {
    const good = create((asked, { to }) => [to === FIRST ? response(asked, { code }) : right(asked)]);
    expect(await good.ask()).toEqual(['198.51.100.7']);
    expect(askedServers(good)).toEqual([FIRST.address, SECOND.address]);
    const bad = create(asked => [response(asked, { code })]);
    await expect(bad.ask()).rejects.toEqual(failed(expected));
    expect(askedServers(bad)).toEqual(SERVERS.map(({ address }) => address));
  });

  test('an answer that cannot be read: the next server (deviation dns-next-server)', async () => {
    const setup = create((asked, { to }) => [to === FIRST ? right(asked).subarray(0, -2) : right(asked)]);
    expect(await setup.ask()).toEqual(['198.51.100.7']);
    const bad = create(asked => [right(asked).subarray(0, -2)]);
    await expect(bad.ask()).rejects.toEqual(failed('EBADRESP'));
    expect(bad.driver.sent).toHaveLength(3);
  });

  test('a server that failed is asked last for a while', async () => {
    const setup = create((asked, { to }) => [to === FIRST ? response(asked, { code: 2 }) : right(asked)]);
    await setup.ask();
    await setup.ask('other.test');
    expect(askedServers(setup)).toEqual([FIRST, SECOND, SECOND].map(({ address }) => address));
  });

  test('silence: every server in each round, the second round twice as long, one connection after the other', async () => {
    const setup = create(() => []);
    const { value, afterMs } = await overTime(() => setup.ask());
    expect(value).toEqual(failed('ETIMEOUT'));
    expect(askedServers(setup)).toEqual([...SERVERS, ...SERVERS].map(({ address }) => address));
    expect(Math.round(afterMs / 1_000)).toBe(9);
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });

  test('silence within a total: the tries that do not fit are left out', async () => {
    const setup = create(() => []);
    const patience = { timeoutMs: 2_000, maxTimeoutMs: 0, tries: 4, totalMs: 15_000 };
    const { value, afterMs } = await overTime(() => setup.ask(NAME, { patience }));
    expect(value).toEqual(failed('ETIMEOUT'));
    expect(Math.round(afterMs / 1_000)).toBe(14);
  });

  test('no wait is longer than the program wants', async () => {
    const setup = create(() => []);
    const patience = { timeoutMs: 1_000, maxTimeoutMs: 1_500, tries: 3 };
    const { afterMs } = await overTime(() => setup.ask(NAME, { patience, servers: [FIRST] }));
    expect(Math.round(afterMs / 500)).toBe(8);
  });

  test('a refusal counts more than the silence of others', async () => {
    const setup = create((asked, { to }) => (to === FIRST ? [response(asked, { code: 5 })] : []));
    const { value } = await overTime(() => setup.ask());
    expect(value).toEqual(failed('EREFUSED'));
    expect(setup.driver.sent).toHaveLength(3);
  });

  test('servers of a family that cannot be reached are passed over', async () => {
    const setup = create(asked => [right(asked)]);
    setup.driver.beforeOpening = ({ remote }) => {
      if (remote.address === FIRST.address) throw new SocketFailure('ENETUNREACH', 'no IPv6 here');
    };
    expect(await setup.ask()).toEqual(['198.51.100.7']);
  });

  test('no server at all', async () => {
    await expect(create(() => []).ask(NAME, { servers: [] })).rejects.toEqual(failed('ECONNREFUSED'));
  });

  test('a modem that is gone: nobody else is asked', async () => {
    const setup = create(() => []);
    setup.driver.beforeOpening = () => {
      throw new SocketFailure('ENETDOWN', 'the modem is gone');
    };
    await expect(setup.ask()).rejects.toEqual(failed('ECONNREFUSED'));
    expect(setup.driver.openings).toHaveLength(1);
  });

  test('a modem that cannot be opened', async () => {
    const client = new DnsClient(
      () => Promise.reject(new SocketFailure('ENETDOWN', 'no modem')),
      () => undefined,
    );
    const asking = {
      servers: undefined,
      plain: false,
      patience: { timeoutMs: 1, maxTimeoutMs: 0, tries: 1 },
      signal: new AbortController().signal,
    };
    await expect(client.ask(NAME, 'A', asking)).rejects.toEqual(failed('ECONNREFUSED'));
  });
});

describe('servers with limits', () => {
  test('one that does not repeat the case of letters is asked plainly, and remembered', async () => {
    const setup = create(asked => {
      const lower = {
        ...asked.packet,
        questions: [{ ...asked.packet.questions?.[0], name: asked.name.toLowerCase() }],
      };
      return [right({ ...asked, packet: lower as Asked['packet'] })];
    });
    const { value } = await overTime(() => setup.ask('ABCDEFGHIJKLM.test', { servers: [FIRST] }));
    expect(value).toEqual(['198.51.100.7']);
    expect(setup.driver.sent.map(({ message }) => readQuestion(message).name).at(-1)).toBe(
      'ABCDEFGHIJKLM.test',
    );
    const before = setup.driver.sent.length;
    await setup.ask('nopqrstuvwxyz.test', { servers: [FIRST] });
    expect(setup.driver.sent.length - before).toBe(1);
  });

  test('one that does not know EDNS0 is asked without, and remembered', async () => {
    const setup = create(asked => [
      asked.packet.additionals?.length ? response(asked, { code: 1 }) : right(asked),
    ]);
    expect(await setup.ask(NAME, { servers: [FIRST] })).toEqual(['198.51.100.7']);
    await setup.ask('other.test', { servers: [FIRST] });
    expect(setup.driver.sent).toHaveLength(3);
  });

  test('one that understands nothing is not asked for ever', async () => {
    const setup = create(asked => [response(asked, { code: 1 })]);
    await expect(setup.ask(NAME, { servers: [FIRST] })).rejects.toEqual(failed('EFORMERR'));
    expect(setup.driver.sent).toHaveLength(2);
  });

  test.each([
    [1500, 1232],
    [1024, 1024],
    [400, undefined],
  ])('a modem with datagrams of %i bytes announces %s', async (datagramBytes, announced) => {
    const setup = create(asked => [right(asked)], { datagramBytes });
    await setup.ask();
    const [sent] = setup.driver.sent;
    const { packet } = readQuestion(sent?.message ?? Buffer.alloc(0));
    expect(packet.additionals).toEqual(
      announced === undefined ? [] : [expect.objectContaining({ udpPayloadSize: announced })],
    );
  });
});

test('servers of the program are asked as Node asks: the name as it is, no EDNS0', async () => {
  const setup = create(asked => [right(asked)]);
  await setup.ask('abcdefghijklm.test', { plain: true });
  const [sent] = setup.driver.sent;
  const { name, packet } = readQuestion(sent?.message ?? Buffer.alloc(0));
  expect([name, packet.additionals]).toEqual(['abcdefghijklm.test', []]);
});

describe('truncated', () => {
  const big = (asked: Asked): readonly Buffer[] => [
    asked.overTcp ? right(asked) : response(asked, { truncated: true }),
  ];

  test('TCP, after the datagram connection is given back', async () => {
    const setup = create(big);
    expect(await setup.ask()).toEqual(['198.51.100.7']);
    await turns();
    expect(setup.driver.sent.map(({ overTcp }) => overTcp)).toEqual([false, true]);
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });

  test('many at once share the connections', async () => {
    const setup = create(big);
    const asks = Array.from({ length: 50 }, (_, index) => setup.ask(`n${index}.test`));
    expect(await Promise.all(asks)).toEqual(asks.map(() => ['198.51.100.7']));
    await turns();
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });

  test('nobody listens on TCP: the next server', async () => {
    const setup = create((asked, { to }) => (to === FIRST ? big(asked) : [right(asked)]));
    setup.driver.beforeOpening = ({ port }) => {
      if (port === 0) throw new SocketFailure('ECONNREFUSED', 'nobody listens');
    };
    expect(await setup.ask()).toEqual(['198.51.100.7']);
    expect(askedServers(setup)).toEqual([FIRST.address, SECOND.address]);
  });

  test('silence on TCP ends', async () => {
    const setup = create(asked => (asked.overTcp ? [] : [response(asked, { truncated: true })]));
    const { value } = await overTime(() => setup.ask(NAME, { servers: [FIRST] }));
    expect(value).toEqual(failed('ETIMEOUT'));
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });
});

describe('connections', () => {
  test('each opening has a port number by chance', async () => {
    const setup = create(asked => [right(asked)]);
    for (let index = 0; index < 100; index++) await setup.ask(`n${index}.test`);
    const ports = new Set(setup.driver.openings.map(({ port }) => port));
    expect(ports.size).toBeGreaterThan(95);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
  });

  test('a number that is taken is drawn again; where none can be chosen the modem chooses', async () => {
    const setup = create(asked => [right(asked)]);
    setup.driver.beforeOpening = ({ port }) => {
      if (port > 0) throw new SocketFailure('EADDRINUSE', 'taken');
    };
    expect(await setup.ask()).toEqual(['198.51.100.7']);
    expect(setup.driver.openings.map(({ port }) => port > 0)).toEqual([true, true, true, false]);
  });

  test('all in use: one that comes free within 2 s is taken', async () => {
    const setup = create(asked => [right(asked)]);
    let full = true;
    setup.driver.beforeOpening = () => {
      if (full) throw new SocketFailure('EMFILE', 'all 6 connections of the modem are in use: a, b');
    };
    const { value } = await overTime(async () => {
      const answer = setup.ask();
      setTimeout(() => {
        full = false;
      }, 1_000);
      return answer;
    });
    expect(value).toEqual(['198.51.100.7']);
  });

  test('all in use for longer: the error says by whom', async () => {
    const setup = create(asked => [right(asked)]);
    setup.driver.beforeOpening = () => {
      throw new SocketFailure('EMFILE', 'all 6 connections of the modem are in use: a, b');
    };
    const { value, afterMs } = await overTime(() => setup.ask());
    expect(value).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('in use: a, b') });
    expect(Math.round(afterMs / 1_000)).toBe(2);
  });

  test('questions to the same server share one, those to others wait their turn', async () => {
    const setup = create(asked => [right(asked)]);
    const asks = Array.from({ length: 300 }, (_, index) =>
      setup.ask(`n${index}.test`, { servers: [SERVERS[index % 3] as Endpoint] }),
    );
    await Promise.all(asks);
    await turns();
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
    // The first one, and then one for each server.
    expect(setup.driver.openings).toHaveLength(4);
  });

  test('whoever comes while others wait does not come before them', async () => {
    const order: string[] = [];
    let other: Promise<unknown> | undefined;
    const setup = create((asked, { to }) => {
      order.push(to.address);
      // Always somebody new for the first server, as soon as one of them has asked.
      if (to === FIRST && order.length < 20) {
        other ??= setup.ask('other.test', { servers: [SECOND] });
        void setup.ask(randomUUID(), { servers: [FIRST] });
      }
      return [right(asked)];
    });
    await setup.ask(NAME, { servers: [FIRST] });
    await other;
    expect(order.indexOf(SECOND.address)).toBeLessThan(5);
  });

  test('10,000 lookups leave none behind, whatever happens to them', async () => {
    const codes = [0, 2, 3, 5];
    const setup = create((asked, { overTcp }) => {
      const kind = Number(asked.name.slice(1, asked.name.indexOf('.'))) % 6;
      const code = codes[kind];
      if (code) return [response(asked, { code })];
      if (kind === 4) return [right(asked).subarray(0, -1)];
      if (kind === 5) return overTcp ? [right(asked)] : [response(asked, { truncated: true })];
      return [right(asked)];
    });
    for (let hundred = 0; hundred < 100; hundred++) {
      const asks = Array.from({ length: 100 }, (_, index) => setup.ask(`n${100 * hundred + index}.test`));
      await Promise.allSettled(asks);
    }
    await turns();
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });
});

describe('cancelling', () => {
  const reason = new DnsFailure('ECANCELLED', 'cancelled');

  test('while an answer is waited for: the connection is given back', async () => {
    const setup = create(() => []);
    const cancelling = new AbortController();
    const asked = setup.ask(NAME, { signal: cancelling.signal });
    const rejected = expect(asked).rejects.toBe(reason);
    await turns();
    expect(setup.driver.connectionsOpen).toBe(1);
    cancelling.abort(reason);
    await rejected;
    await turns();
    expect(setup.driver.connectionsOpen).toBe(0);
  });

  test('while the modem opens a connection: it is given back when it is there', async () => {
    const setup = create(asked => [right(asked)]);
    let open = (): void => {};
    setup.driver.beforeOpening = () =>
      new Promise(resolve => {
        open = resolve;
      });
    const cancelling = new AbortController();
    const rejected = expect(setup.ask(NAME, { signal: cancelling.signal })).rejects.toBe(reason);
    await turns();
    cancelling.abort(reason);
    await rejected;
    setup.driver.beforeOpening = () => {};
    const next = setup.ask('next.test');
    open();
    expect(await next).toEqual(['198.51.100.7']);
    await turns();
    expect([setup.driver.connectionsOpen, setup.driver.mostOpen]).toEqual([0, 1]);
  });

  test('while others have their turn: they are not disturbed', async () => {
    const setup = create((asked, { to }) => (to === FIRST ? [] : [right(asked)]));
    const cancelling = new AbortController();
    const other = new AbortController();
    const silent = setup.ask(NAME, { servers: [FIRST], signal: other.signal });
    const ended = expect(silent).rejects.toBe(reason);
    await turns();
    const rejected = expect(
      setup.ask('b.test', { servers: [SECOND], signal: cancelling.signal }),
    ).rejects.toBe(reason);
    await turns();
    cancelling.abort(reason);
    await rejected;
    expect([setup.driver.openings.length, setup.driver.connectionsOpen]).toEqual([1, 1]);
    other.abort(reason);
    await ended;
  });

  test('before it has begun', async () => {
    const setup = create(asked => [right(asked)]);
    await expect(setup.ask(NAME, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await turns();
    expect(setup.driver.connectionsOpen).toBe(0);
  });
});
