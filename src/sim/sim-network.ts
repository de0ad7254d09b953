/** The network side of a simulated modem: SIM, radio, registration, PDP contexts and their addresses. */
import type { Air } from './sim-air.ts';
import type { Family } from './sim-hosts.ts';
import type { PdpKind, SimSettings } from './sim-options.ts';

export interface PdpContext {
  /** As +CGDCONT spells it: "IP", "IPV6", "IPV4V6", … */
  readonly type: string;
  readonly apn: string;
  /** The parameters behind the APN, unchanged. */
  readonly rest: readonly string[];
}

export interface NetworkEvents {
  registration(): void;
  /** A context is gone, and every connection on it. */
  contextLost(cid: number): void;
}

export const pdpTypes: Readonly<Record<PdpKind, string>> = { ip: 'IP', ipv6: 'IPV6', ipv4v6: 'IPV4V6' };
const PIN_TRIES = 3;

/** How many addresses a context gets in turn. */
export const GIVEN_IN_TURN = 8;

/** Shared address space (RFC 6598) and documentation prefix (RFC 3849): nobody's real addresses. */
export function pdpAddress(cid: number, family: Family, renumbered = 0): string {
  const given = renumbered % GIVEN_IN_TURN;
  return family === 4 ? `100.64.${given}.${cid}` : `2001:db8:${given}:${cid}::1`;
}

export class Network {
  readonly #settings: SimSettings;
  readonly #air: Air;
  readonly #contexts: ReadonlyMap<number, PdpContext>;
  readonly #events: NetworkEvents;
  readonly #active = new Set<number>();
  #level: number;
  #pinTries = PIN_TRIES;
  #locked: boolean;
  #registration: 0 | 1 | 2 = 0;
  #search: NodeJS.Timeout | undefined;
  #waiting: ((registered: boolean) => void)[] = [];

  constructor(
    { settings, air }: { readonly settings: SimSettings; readonly air: Air },
    contexts: ReadonlyMap<number, PdpContext>,
    events: NetworkEvents,
  ) {
    this.#settings = settings;
    this.#air = air;
    this.#contexts = contexts;
    this.#events = events;
    this.#level = settings.cfun;
    this.#locked = settings.pin !== undefined;
  }

  /** The cid of the context that registration activates. */
  get internetCid(): number {
    return this.#settings.switches.has('internet-on-cid-3') ? 3 : 1;
  }

  /** +CFUN. */
  get level(): number {
    return this.#level;
  }

  get sim(): 'READY' | 'SIM PIN' | 'SIM PUK' {
    if (!this.#locked) return 'READY';
    return this.#pinTries > 0 ? 'SIM PIN' : 'SIM PUK';
  }

  get pinTries(): number {
    return this.#pinTries;
  }

  get hasSignal(): boolean {
    return this.#level === 1 && this.#air.coverage !== 'none';
  }

  /** `<stat>` of +CEREG: 0 not, 1 home, 2 searching. */
  get registration(): number {
    return this.#registration;
  }

  setLevel(level: number): void {
    if (level === 1 && this.#level !== 1) this.#air.treat('radio');
    this.#level = level;
    if (level === 1) this.search();
    else this.detach();
  }

  /** False for a wrong PIN; the third one locks the SIM. */
  enterPin(pin: string): boolean {
    if (pin !== this.#settings.pin) {
      this.#pinTries--;
      return false;
    }
    this.#locked = false;
    this.search();
    return true;
  }

  /** Looks for the network, if the radio is on and the SIM ready. */
  search(): void {
    if (this.#registration !== 0 || this.#level !== 1 || this.sim !== 'READY') return;
    this.#setRegistration(2);
    if (this.#air.coverage === 'full') this.#find();
  }

  /** Waits for registration; false if there is none to come. */
  attach(): Promise<boolean> {
    this.search();
    if (this.#registration !== 2) return Promise.resolve(this.#registration === 1);
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  /** Coverage has come or gone. */
  airChanged(): void {
    if (this.#air.coverage === 'full') {
      if (this.#registration === 2) this.#find();
    } else if (this.#registration !== 0) {
      this.detach();
      this.search();
    }
  }

  /** The network takes a context away, without a word. */
  loseContexts(): void {
    for (const cid of [...this.#active]) this.deactivate(cid);
  }

  detach(): void {
    clearTimeout(this.#search);
    this.#setRegistration(0);
    for (const cid of [...this.#active]) this.deactivate(cid);
    this.#settle(false);
  }

  get activeContexts(): number {
    return this.#active.size;
  }

  isActive(cid: number): boolean {
    return this.#active.has(cid);
  }

  /** False if the network gives no context, or no address of its type. */
  activate(cid: number): boolean {
    if (this.#air.withholdsContexts || this.#families(cid).length === 0) return false;
    this.#active.add(cid);
    return true;
  }

  deactivate(cid: number): void {
    if (this.#active.delete(cid)) this.#events.contextLost(cid);
  }

  /** The address of an active context. */
  address(cid: number, family: Family): string | undefined {
    return this.#active.has(cid) && this.#families(cid).includes(family)
      ? pdpAddress(cid, family, this.#air.renumbered)
      : undefined;
  }

  close(): void {
    clearTimeout(this.#search);
  }

  #find(): void {
    if (this.#settings.searching === 0) this.#register();
    else this.#search = setTimeout(() => this.#register(), this.#settings.searching).unref();
  }

  #register(): void {
    this.#setRegistration(1);
    // LTE registers with a default bearer.
    this.activate(this.internetCid);
    this.#settle(true);
  }

  #settle(registered: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(registered);
  }

  #setRegistration(value: 0 | 1 | 2): void {
    if (value === this.#registration) return;
    this.#registration = value;
    this.#events.registration();
  }

  /** What the context asks for and the network has. */
  #families(cid: number): readonly Family[] {
    const type = this.#contexts.get(cid)?.type;
    const asked: readonly Family[] =
      type === 'IP' ? [4] : type === 'IPV6' ? [6] : type === 'IPV4V6' ? [4, 6] : [];
    const { pdp } = this.#settings;
    return asked.filter(family => pdp === 'ipv4v6' || (family === 4) === (pdp === 'ip'));
  }
}
