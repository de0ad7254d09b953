/** A modem that answers late, twice or not at all, and says to whom each answer belongs: the model of reliability.md 2.2. */
import type { Duplex } from 'node:stream';
import type { Random } from '../../src/util/random.ts';

/** What it does with a line that comes while a command runs: keep it, ignore it, or stop the command (V.250 5.6.1). */
export type ModemKind = 'queue' | 'drop' | 'abort';

/** Of a thousand answers. */
const SLOW = 80;
const LOST = 10;
const DOUBLED = 10;

/** Whole answers that a command may have got from another one are told apart by these numbers. */
const COMMAND = /^\+(?:DO|TELL)=(\d+)$/;

export class LateModem {
  /** The number of the command whose result went out last. */
  answered = -1;
  /** Told of each user's command as it arrives. */
  heard: () => void = () => {};
  readonly #kind: ModemKind;
  readonly #registers: boolean;
  readonly #random: Random;
  readonly #limitMs: number;
  #stream: Duplex | undefined;
  #typed = '';
  #register = 0;
  readonly #waiting: string[] = [];
  #running: NodeJS.Timeout | undefined;

  /** @param limitMs how long the host waits: slow is 0.8 to 3.8 times that */
  constructor(kind: ModemKind, registers: boolean, random: Random, limitMs: number) {
    this.#kind = kind;
    this.#registers = registers;
    this.#random = random;
    this.#limitMs = limitMs;
  }

  /** A fresh line to it: what it is doing it goes on doing. */
  connect(stream: Duplex): void {
    this.#stream = stream;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      const lines = (this.#typed + chunk.toString('latin1').replaceAll('\x1b', '')).split('\r');
      this.#typed = lines.pop() ?? '';
      for (const line of lines) this.#hear(line.replace(/^AT/, ''));
    });
  }

  #hear(body: string): void {
    if (COMMAND.test(body)) this.heard();
    if (!this.#running) this.#start(body);
    else if (this.#kind === 'queue') this.#waiting.push(body);
    else if (this.#kind === 'abort') {
      clearTimeout(this.#running);
      this.#start(body);
    }
  }

  #start(body: string): void {
    const slow = this.#random(1_000) < SLOW;
    const ms = slow ? ((800 + this.#random(3_000)) * this.#limitMs) / 1_000 : 1;
    this.#running = setTimeout(() => {
      this.#running = undefined;
      this.#finish(body);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next);
    }, ms);
  }

  #finish(body: string): void {
    const lines = this.#execute(body);
    const luck = this.#random(1_000);
    if (luck < LOST) return;
    const number = COMMAND.exec(body)?.[1];
    this.answered = number === undefined ? -1 : Number(number);
    const answer = lines.map(line => `\r\n${line}\r\n`).join('');
    // In one piece: doubled later, it would be the answer of the next command, and nobody could tell.
    this.#stream?.write(luck < LOST + DOUBLED ? answer + answer : answer, 'latin1');
  }

  #execute(body: string): string[] {
    const [, number] = /^\+TELL=(\d+)$/.exec(body) ?? [];
    if (number) return [`+TELL: ${number}`, 'OK'];
    const queries = [...body.matchAll(/(\+\w+)\?/g)].map(([, query]) => `${query}: 1`);
    if (queries.length > 0) return [...queries, 'OK'];
    if (!body.startsWith('S')) return ['OK'];
    if (!this.#registers) return ['ERROR'];
    const said: string[] = [];
    for (const [, value] of body.matchAll(/S10(?:\?|=(\d+))/g))
      if (value === undefined) said.push(String(this.#register).padStart(3, '0'));
      else this.#register = Number(value);
    return [...said, 'OK'];
  }
}
