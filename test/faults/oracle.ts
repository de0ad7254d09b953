/** The oracle: what each side sent and heard, and what must hold of it whatever happened (reliability.md 2.1). */

/** One TCP connection, seen from both ends. */
export interface StreamRecord {
  readonly name: string;
  /** What the program has written so far, and what its peer has. */
  written: Buffer;
  peerWritten: Buffer;
  /** The peer ended in order, and not by a reset. */
  peerEnded: boolean;
  readonly heard: Buffer[];
  readonly peerHeard: Buffer[];
  peerSawEnd: boolean;
  /** 'connect', 'data', 'end', 'finish', 'error CODE', 'close', in order. */
  readonly events: string[];
  /** How often the callback of each write ran. */
  readonly callbacks: number[];
  /** The most that was ever buffered for the program. */
  mostBuffered: number;
  /** It was given up because nothing happened any more. */
  stuck: boolean;
}

export interface DatagramRecord {
  readonly name: string;
  readonly sent: Buffer[];
  readonly peerHeard: Buffer[];
  readonly peerSent: Buffer[];
  readonly heard: { readonly data: Buffer; readonly from: string }[];
  readonly peer: string;
  readonly callbacks: number[];
  readonly codes: string[];
  stuck: boolean;
}

/** Node's own vocabulary for what goes wrong with sockets. */
const CODES = new Set(
  'EACCES EADDRINUSE EINVAL EMSGSIZE ECONNABORTED ECONNREFUSED ECONNRESET EHOSTUNREACH EIO EMFILE ENETDOWN ENETUNREACH ENOBUFS EPIPE ETIMEDOUT ERR_STREAM_DESTROYED ERR_STREAM_PREMATURE_CLOSE ERR_SOCKET_CLOSED_BEFORE_CONNECTION ERR_SOCKET_DGRAM_NOT_RUNNING'.split(
    ' ',
  ),
);

/** The default high-water mark and one read of the modem. */
const MOST_BUFFERED = 16_384 + 1_500;

export function judgeStream(record: StreamRecord): string[] {
  const { name, events } = record;
  const heard = Buffer.concat(record.heard);
  const peerHeard = Buffer.concat(record.peerHeard);
  const failed = events.some(event => event.startsWith('error'));
  const problems: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) problems.push(`${what} [${name}: ${events.filter(event => event !== 'data').join(', ')}]`);
  };
  expect(isPrefix(heard, record.peerWritten), `I1: heard ${difference(heard, record.peerWritten)}`);
  expect(
    failed || !record.peerEnded || !events.includes('end') || heard.length === record.peerWritten.length,
    `I1: end after ${heard.length} of ${record.peerWritten.length} bytes`,
  );
  expect(isPrefix(peerHeard, record.written), `I2: the peer heard ${difference(peerHeard, record.written)}`);
  expect(
    failed || !record.peerSawEnd || !events.includes('finish') || peerHeard.length === record.written.length,
    `I2: the peer saw the end after ${peerHeard.length} of ${record.written.length} bytes, and no error was told`,
  );
  expect(!record.stuck, 'I6: never settled');
  if (!record.stuck) {
    expect(count(events, 'close') === 1 && events.at(-1) === 'close', 'I6: not exactly one close at the end');
    expect(
      record.callbacks.every(calls => calls === 1),
      `I6: callbacks ran ${record.callbacks.join()} times`,
    );
  }
  expect(events.filter(event => event.startsWith('error')).length <= 1, 'I6: more than one error');
  expect(count(events, 'end') <= 1 && count(events, 'connect') <= 1, 'I6: an event came twice');
  for (const code of codesOf(events)) expect(CODES.has(code), `codes: ${code} is none of Node's`);
  expect(record.mostBuffered <= MOST_BUFFERED, `I10: ${record.mostBuffered} bytes buffered`);
  return problems;
}

export function judgeDatagrams(record: DatagramRecord): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) problems.push(`${what} [${record.name}]`);
  };
  expect(eachAtMostOnce(record.peerHeard, record.sent), 'I3: the peer heard a datagram twice or altered');
  const heard = record.heard.map(({ data }) => data);
  expect(eachAtMostOnce(heard, record.peerSent), 'I3: a datagram came twice or altered');
  for (const { from } of record.heard) expect(from === record.peer, `I3: ${from} in place of ${record.peer}`);
  expect(
    record.callbacks.every(calls => calls <= 1),
    `I6: callbacks ran ${record.callbacks.join()} times`,
  );
  for (const code of record.codes) expect(CODES.has(code), `codes: ${code} is none of Node's`);
  expect(!record.stuck, 'I6: never settled');
  return problems;
}

const codesOf = (events: readonly string[]): string[] =>
  events.filter(event => event.startsWith('error')).map(event => event.slice('error '.length));

const count = (events: readonly string[], event: string): number =>
  events.filter(each => each === event).length;

const isPrefix = (part: Buffer, whole: Buffer): boolean => part.equals(whole.subarray(0, part.length));

function difference(part: Buffer, whole: Buffer): string {
  let at = 0;
  while (at < part.length && part[at] === whole[at]) at++;
  const show = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1', at, at + 24));
  return `${show(part)} in place of ${show(whole)} at ${at} of ${part.length}`;
}

function eachAtMostOnce(heard: readonly Buffer[], sent: readonly Buffer[]): boolean {
  const left = sent.map(each => each.toString('latin1'));
  return heard.every(each => {
    const at = left.indexOf(each.toString('latin1'));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
