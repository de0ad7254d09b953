/** Fences: questions that only their own answer satisfies, so that a late answer is never taken for another's. */
import { randomInt } from 'node:crypto';
import { finalResult } from './result-code.ts';

/**
 * After a time-out the answer may still come. "AT until OK" is known to be wrong: one stale OK satisfies it and
 * every later answer is shifted by one (measured: 92 % of commands, reliability.md 2.2).
 */
export interface Probe {
  readonly line: string;
  /** Fed with every line; true at the one which proves that all earlier answers are through. */
  proves(line: string): boolean;
}

/** How many probes one episode may use before the line is given up (reliability.md 2.2). */
const PROBES = 6;

/** Questions with distinct answers, for modems without S-registers. */
const QUERIES = ['+CMEE', '+CGDCONT', '+CGATT', '+CPIN', '+COPS', '+CFUN'];

/** Two of them in one line, each pair in its turn: the first answer and the second name the probe like a number of 30. */
const ROUND = [...QUERIES, ...QUERIES];
const PAIRS = [1, 2, 3, 4, 5].flatMap(step =>
  QUERIES.map((first, index) => [first, ...ROUND.slice(index + step, index + step + 1)]),
);

/** Carrier loss disconnect time, without meaning for sockets (V.250 6.3.11). It is put back afterwards. */
const REGISTER = 'S10';

/** Larger than what modems ship in the register (14, 50 …), so that a nonce is not taken for its own value. */
const LEAST_NONCE = 128;
const NONCES = 127;

/** Makes probes, and learns which kind this modem answers. */
export class Fence {
  /** Of all fences: what was asked before the line was opened again may still be answered. */
  static #nonce = randomInt(NONCES);
  static #turn = randomInt(PAIRS.length);
  #kind: 'unknown' | 'register' | 'query' = 'unknown';
  /** What stood in the register before the first probe, once that is known. */
  #original: number | undefined;
  /** Until the kind is known: every number heard, and every one written. */
  readonly #heard: number[] = [];
  readonly #written: number[] = [];

  /** Probes to send one after the other, none alike, so that a late answer to one never proves another. */
  probes(failedLine: string): Probe[] {
    const registers = { unknown: 2, register: PROBES, query: 0 }[this.#kind];
    return [
      ...Array.from({ length: registers }, () => this.#registerProbe()),
      ...this.#queryProbes(failedLine, PROBES - registers),
    ];
  }

  /** To be written when the fence stands: undoes what its probes changed. */
  get restoreLine(): string | undefined {
    return this.#original === undefined ? undefined : `${REGISTER}=${this.#original}`;
  }

  /** A number that the modem must repeat. */
  #registerProbe(): Probe {
    Fence.#nonce = (Fence.#nonce + 1) % NONCES;
    const nonce = LEAST_NONCE + Fence.#nonce;
    this.#written.push(nonce);
    let last: number | undefined;
    return {
      line: `${REGISTER}?${REGISTER}=${nonce}${REGISTER}?`,
      proves: line => {
        if (/^\d{1,3}$/.test(line)) {
          last = Number(line);
          if (this.#kind === 'unknown') this.#heard.push(last);
        }
        if (line !== 'OK' || last !== nonce) return false;
        if (this.#kind === 'unknown') this.#original = this.#beforeOurs();
        this.#kind = 'register';
        return true;
      },
    };
  }

  /** The first number that is not ours, right before one that is. */
  #beforeOurs(): number | undefined {
    const isOurs = (value: number | undefined): boolean =>
      value !== undefined && this.#written.includes(value);
    return this.#heard.find((value, index) => !isOurs(value) && isOurs(this.#heard[index + 1]));
  }

  /** Different pairs of questions, each once; without the one that just went wrong. */
  #queryProbes(failedLine: string, count: number): Probe[] {
    const usable = PAIRS.filter(pair => !pair.some(name => failedLine.startsWith(name)));
    const turn = Fence.#turn % usable.length;
    Fence.#turn += count;
    return [...usable.slice(turn), ...usable.slice(0, turn)]
      .slice(0, count)
      .map(pair => this.#queryProbe(pair));
  }

  #queryProbe(names: readonly string[]): Probe {
    let heard: string[] = [];
    return {
      line: names.map(name => `${name}?`).join(';'),
      proves: line => {
        const name = QUERIES.find(query => line.startsWith(`${query}:`));
        // Some answer with several lines.
        if (name !== undefined && heard.at(-1) !== name) heard.push(name);
        if (finalResult(line) === undefined) return false;
        const proved = line === 'OK' && heard.join() === names.join();
        heard = [];
        if (proved && this.#kind === 'unknown') this.#kind = 'query';
        return proved;
      },
    };
  }
}
