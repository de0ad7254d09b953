/**
 * The service is killed at random points and started again, and its client repeats what was not answered: each message
 * has one job in one state, none goes out twice, none is lost. A long run with ATSOCK_KILLS=200.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Job } from '../../src/serve/job.ts';
import { createSim, listenSim, type SimModem } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { needBuild, temporaryFolder } from '../support/programs.ts';
import { type Running, start } from '../tools/run-cli.ts';

const KILLS = Number(process.env.ATSOCK_KILLS ?? 20);
const SEED = 72;
const ROUND_MS = 20_000;
/** From its URL on: the modem is opened in about half a second, three messages with their reports take somewhat more. */
const LATEST_MS = 1_500;
const MESSAGES = 3;
/** On a slow network and a busy machine. */
const MESSAGE_MS = 1_000;

class Client {
  readonly #folder = join(temporaryFolder(), 'serve');
  readonly #modem: string;
  /** Texts by their keys: asked for, and not answered yet. */
  readonly #asked = new Map<string, string>();
  readonly answered = new Map<string, string>();

  constructor(modem: string) {
    this.#modem = modem;
  }

  start(): Running {
    const limits = ['--per-hour', '100000', '--per-day', '100000', '--gap', '0'];
    return start(['serve', '-m', this.#modem, '--dir', this.#folder, '--listen', '127.0.0.1:0', ...limits]);
  }

  want(text: string): void {
    this.#asked.set(`key-${text}`, text);
  }

  /** Ends early when the service is gone. */
  async askAll(url: string): Promise<void> {
    await Promise.all(
      [...this.#asked].map(async ([key, text]) => {
        const body = JSON.stringify({ to: '+12025550111', text, report: true });
        const headers = { 'content-type': 'application/json', 'idempotency-key': key };
        const { status } = await this.#fetch(`${url}v1/messages`, { method: 'POST', headers, body });
        if (status !== 202 && status !== 200) throw new Error(`${key}: ${status}`);
        this.#asked.delete(key);
        this.answered.set(key, text);
      }),
    );
  }

  async list<T>(url: string, name: string): Promise<T[]> {
    const items: T[] = [];
    for (let before = ''; ; ) {
      const response = await this.#fetch(`${url}v1/${name}?limit=100${before}`);
      const { items: some, next } = (await response.json()) as { items: T[]; next?: string };
      items.push(...some);
      if (next === undefined) return items;
      before = `&before=${encodeURIComponent(next)}`;
    }
  }

  #fetch(url: string, options: RequestInit = {}): Promise<Response> {
    const token = readFileSync(join(this.#folder, 'tokens'), 'utf8').trim().split(/\s+/).at(-1);
    return fetch(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } });
  }
}

async function kill(running: Running): Promise<void> {
  const closed = once(running.process, 'close');
  running.process.kill('SIGKILL');
  await closed;
}

async function openNetwork(): Promise<{ readonly sim: SimModem; readonly url: string }> {
  const sim = createSim({ faults: ['sms-slow'] });
  const server = await listenSim(sim);
  onTestFinished(async () => {
    await server.close();
    await sim.close();
  });
  return { sim, url: `tcp://127.0.0.1:${server.port}` };
}

test(`seed ${SEED}: ${KILLS} kills`, { timeout: (KILLS + 5) * ROUND_MS }, async () => {
  needBuild();
  const random = createRandom(SEED);
  const { sim, url: modem } = await openNetwork();
  const client = new Client(modem);
  const came: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    for (let n = 0; n < MESSAGES; n++) client.want(`${round}-${n}`);
    const from = `+1202555${1_000 + round}`;
    sim.sms.deliver({ from, text: 'hello' });
    came.push(from);
    const running = client.start();
    // Some before it is ready.
    if (random(5) > 0) void client.askAll(await running.line(/^http:/)).catch(() => {});
    await pause(random(LATEST_MS));
    await kill(running);
  }
  const running = client.start();
  const url = await running.line(/^http:/);
  await client.askAll(url);
  const jobs = await untilOver(client, url);
  const messages = await untilAll(client, url, came.length);

  expect(jobs.map(({ key }) => key).sort()).toEqual([...client.answered.keys()].sort());
  expect(jobs).toHaveLength(KILLS * MESSAGES);
  const network = sim.sms.sent.map(({ text }) => text);
  expect(new Set(network).size).toBe(network.length);
  for (const { state, text } of jobs) {
    expect(['sent', 'delivered', 'unknown'], text).toContain(state);
    if (state !== 'unknown') expect(network, text).toContain(text);
  }
  expect(messages.map(message => message.from).sort()).toEqual(came.sort());
  const count = (wanted: string): number => jobs.filter(({ state }) => state === wanted).length;
  // A test that never killed in the middle of a message would have tested nothing.
  if (KILLS >= 20) expect(count('unknown')).toBeGreaterThan(0);
  const closed = once(running.process, 'close');
  running.process.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
});

/** Polls with a deadline: the event stream has its own tests. */
async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + ROUND_MS * 4 + KILLS * MESSAGES * MESSAGE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(100);
  }
}

const untilOver = (client: Client, url: string): Promise<Job[]> =>
  poll('all jobs are over', async () => {
    const jobs = await client.list<Job>(url, 'messages');
    return jobs.some(({ state }) => state === 'queued' || state === 'sending') ? undefined : jobs;
  });

const untilAll = (client: Client, url: string, count: number): Promise<{ from: string }[]> =>
  poll(`${count} messages`, async () => {
    const messages = await client.list<{ from: string }>(url, 'inbox');
    return messages.length < count ? undefined : messages;
  });
