/** A session: one run of a live modem, from a closed line to an active PDP context, layer by layer. */
import { attend } from './at/attention.ts';
import type { AtChannel, LineObserver } from './at/channel.ts';
import type { Dialect, DriverOptions, Identity } from './dialects/dialect.ts';
import { chooseDialect, readIdentity, readImei } from './dialects/registry.ts';
import type { ModemDriver } from './driver/driver.ts';
import { Nat64Driver } from './driver/nat64-driver.ts';
import { createPrefixSource } from './driver/nat64-prefix.ts';
import type { ModemOptions } from './modem-url.ts';
import { createDns } from './sockets/dns.ts';
import type { Recognise, Transport } from './transport/transport.ts';

export interface SessionOptions extends ModemOptions {
  /** Hears what start-up waits for: "searching", "home" … */
  readonly progress?: (state: string) => void;
  /** How long to wait for registration, in milliseconds; 180,000. */
  readonly registrationTimeoutMs?: number;
  /**
   * A decorator: sees what sockets ask of the modem.
   * @internal
   */
  readonly watch?: ((driver: ModemDriver) => ModemDriver) | undefined;
  /** `capabilities` of an earlier run with the same modem: what it says is not asked again. */
  readonly capabilities?: Readonly<Record<string, string>> | undefined;
}

/** Lost as a whole when its line or the modem itself is lost. */
export interface Session {
  readonly channel: AtChannel;
  readonly driver: Nat64Driver;
  readonly dialect: Dialect;
  /** Of its PDP context. */
  readonly cid: number;
  readonly identity: Identity;
}

const unwatched = (driver: ModemDriver): ModemDriver => driver;

/**
 * From a closed line to an active PDP context.
 * @param attended hears of the session while it is being opened: the modem answers, and its dialect is known
 */
export async function openSession(
  transport: Transport,
  options: SessionOptions & Pick<DriverOptions, 'pinMemory'>,
  signal: AbortSignal,
  observer: LineObserver,
  attended: (session: Session) => void = () => {},
): Promise<Session> {
  const line = await transport.open(signal);
  const channel = await attend(line, { ...options, signal, observer });
  const leave = (): void => void channel.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (line.recognise) await checkImei(channel, line.recognise);
    const identity = await readIdentity(channel);
    const dialect = chooseDialect(options.dialect ?? 'auto', identity);
    const { cid = 1, encoding = 'auto', nat64 = 'auto', watch = unwatched } = options;
    const plain = watch(dialect.create(channel, { ...options, cid, encoding }, identity));
    const driver = new Nat64Driver(plain, createPrefixSource(nat64, ipv6AddressesBy(plain)));
    const session = { channel, driver, dialect, cid, identity };
    attended(session);
    await driver.start({ signal, progress: options.progress });
    return session;
  } catch (error) {
    await channel.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** @throws Error ENODEV: the port leads to another modem than before */
async function checkImei(channel: AtChannel, recognise: Recognise): Promise<void> {
  const imei = await readImei(channel);
  if (imei && !recognise(imei))
    throw Object.assign(new Error('another modem of the same kind is there'), { code: 'ENODEV' });
}

/**
 * Asked below NAT64: a name server that has to be reached through it cannot tell how. And not those of the user, which
 * know nothing of this network (RFC 8880 7.1).
 */
function ipv6AddressesBy(driver: ModemDriver): (name: string) => Promise<readonly string[]> {
  const { lookup } = createDns(async () => driver).promises;
  return async name => (await lookup(name, { family: 6, all: true })).map(({ address }) => address);
}
