/** Virtual time over real loopback sockets: the clock jumps to the next timer as soon as nothing moves any more. */

// Otherwise loaded when first needed: in virtual time that would take for ever.
import '../../src/dns/answers.ts';
import '../../src/dns/query.ts';
import '../../src/driver/nat64.ts';
import '../../src/modem-setup.ts';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

/** Turns of the event loop in which nothing happened. A byte in the kernel's loopback is readable in the next one. */
const QUIET_TURNS = 6;
/** With nothing due: how long to wait, in real time, for what the kernel may still have. */
const PATIENCE_MS = 2_000;

interface VirtualTimer {
  readonly at: number;
  readonly call: () => void;
  hasRef(): boolean;
  ref(): VirtualTimer;
  unref(): VirtualTimer;
  refresh(): VirtualTimer;
}

/**
 * A jump too early, while the kernel still holds a byte, looks to the program like a late answer: a fault that it must
 * survive anyway. So a wrong guess costs an exact replay and never the correctness of a finding.
 */
export class VirtualTime {
  readonly #timers = new Set<VirtualTimer>();
  readonly #quietTurns: number;
  readonly #real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    pause: timersPromises.setTimeout,
  };
  /** Told of every timer that the library sets, and gives back when it is due. */
  onSet: ((ms: number) => number) | undefined;
  #now = 0;
  #moves = 0;

  constructor(quietTurns = QUIET_TURNS) {
    this.#quietTurns = quietTurns;
  }

  get now(): number {
    return this.#now;
  }

  /** Something happened: the clock stands. */
  touch(): void {
    this.#moves++;
  }

  install(): void {
    const set = (call: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimer =>
      this.#set(() => call(...args), ms);
    const clear = (timer: unknown): void => this.#clear(timer);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    Object.assign(timersPromises, {
      setTimeout: (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) =>
        this.#pause(ms ?? 0, value, options?.signal),
    });
    syncBuiltinESMExports();
    Object.defineProperty(performance, 'now', { configurable: true, value: () => this.#now });
  }

  uninstall(): void {
    const { setTimeout, clearTimeout, pause } = this.#real;
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Object.assign(timersPromises, { setTimeout: pause });
    syncBuiltinESMExports();
    Reflect.deleteProperty(performance, 'now');
    this.#timers.clear();
  }

  /** @throws Error when `work` is not done after `limitMs` of virtual time, or when nothing is left that could end it */
  async run<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
    const end = this.#now + limitMs;
    let done = false;
    const settle = (): void => {
      done = true;
    };
    work.then(settle, settle);
    while (!done) {
      await this.#quiet(() => done);
      if (done) break;
      const next = this.#next();
      if (next && next.at > end) throw new Error(`${what}: not done after ${limitMs / 1000} s`);
      if (next) this.#fire(next);
      else if (!(await this.#somethingMoves(() => done))) throw new Error(`${what}: waits for nothing`);
    }
    return work;
  }

  async #quiet(isDone: () => boolean): Promise<void> {
    let seen = this.#moves;
    for (let quiet = 0; quiet < this.#quietTurns && !isDone(); quiet++) {
      await new Promise<void>(resolve => setImmediate(resolve));
      if (seen === this.#moves) continue;
      seen = this.#moves;
      quiet = 0;
    }
  }

  async #somethingMoves(isDone: () => boolean): Promise<boolean> {
    const seen = this.#moves;
    for (let waited = 0; waited < PATIENCE_MS; waited += 10) {
      await new Promise<void>(resolve => this.#real.setTimeout(resolve, 10));
      if (isDone() || seen !== this.#moves) return true;
    }
    return false;
  }

  /** The earliest; of those due at the same time, the one that was set first. */
  #next(): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer;
    return next;
  }

  #fire(timer: VirtualTimer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    this.#moves++;
    timer.call();
  }

  #set(call: () => void, ms: number): VirtualTimer {
    this.#moves++;
    const timer: VirtualTimer = {
      at: this.#now + Math.max(1, this.onSet && isOurs(new Error().stack) ? this.onSet(ms) : ms),
      call,
      hasRef: () => false,
      ref: () => timer,
      unref: () => timer,
      refresh: () => timer,
    };
    this.#timers.add(timer);
    return timer;
  }

  #clear(timer: unknown): void {
    if (this.#timers.delete(timer as VirtualTimer)) this.#moves++;
    else this.#real.clearTimeout(timer as NodeJS.Timeout);
  }

  #pause(ms: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#clear(timer);
        reject(
          Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }),
        );
      };
      const timer = this.#set(() => {
        signal?.removeEventListener('abort', leave);
        resolve(value);
      }, ms);
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

/** By whom a timer is set: the first caller outside of this file. */
function isOurs(stack = ''): boolean {
  const caller = stack.split('\n').find(line => !/^Error|virtual-time/.test(line)) ?? '';
  return /\/src\/(?!sim\/)/.test(caller);
}
