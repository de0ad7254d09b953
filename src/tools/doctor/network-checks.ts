/** A registered modem: its PDP context, a name looked up, and a connection or a datagram where one was asked for. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Modem } from '../../modem.ts';
import { readContexts } from '../../threegpp/commands.ts';
import type { Place } from '../listen-place.ts';
import { type Finding, fail, ok, type Report, warn } from './finding.ts';
import { judgeContext } from './judgements.ts';

export interface NetworkQuestions {
  readonly name: string;
  readonly tcp?: Place | undefined;
  readonly udp?: Place | undefined;
}

const ANSWER_MS = 5_000;

/** @param modem not open yet */
export async function examineNetwork(
  modem: Modem,
  { name, tcp, udp }: NetworkQuestions,
  cid: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const refused = await modem.open(signal).catch((error: Error) => error);
  signal.throwIfAborted();
  if (refused instanceof Error) {
    const text = refused.cause instanceof Error ? refused.cause.message : refused.message;
    report(
      fail('context', text, 'check apn=, pdp= and cid= in the modem URL against what the operator says'),
    );
    return;
  }
  const contexts = await modem.at.execute(readContexts);
  const apn = contexts.find(context => context.cid === cid)?.apn;
  const findings = judgeContext(apn, await modem.status());
  for (const finding of findings) report(finding);
  if (findings.some(({ level }) => level === 'fail')) return;
  report(await lookUp(modem, name));
  if (tcp) report(await connect(modem, tcp));
  if (udp) report(await sendDatagram(modem, udp));
}

async function lookUp(modem: Modem, name: string): Promise<Finding> {
  try {
    const found = await modem.dns.promises.lookup(name, { all: true });
    return ok('dns', `${name} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    return fail(
      'dns',
      `${name} is not found: ${textOf(error)}`,
      'name a server that answers over this network: dns=… in the modem URL, tried with atsock resolve --server',
    );
  }
}

async function connect(modem: Modem, { host, port }: Place): Promise<Finding> {
  const socket = modem.net.connect({ host, port });
  try {
    await once(socket, 'connect');
    return ok('tcp', `${host} port ${port} answers`);
  } catch (error) {
    return fail('tcp', textOf(error), 'try another host: where one answers, the rest is up to this one');
  } finally {
    socket.destroy();
  }
}

async function sendDatagram(modem: Modem, { host, port }: Place): Promise<Finding> {
  const advice = 'services answer only what they understand, so this may mean nothing';
  try {
    const { address, family } = await modem.dns.promises.lookup(host);
    const socket = modem.dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
    try {
      const answer = once(socket, 'message').then(() => ok('udp', `${host} port ${port} answers`));
      answer.catch(() => {});
      await new Promise<void>((resolve, reject) => {
        socket.send('\n', port, address, error => (error ? reject(error) : resolve()));
      });
      const silence = pause(ANSWER_MS).then(() =>
        warn('udp', `a datagram went to ${host} port ${port}, and nothing came back`, advice),
      );
      return await Promise.race([answer, silence]);
    } finally {
      socket.close();
    }
  } catch (error) {
    return fail('udp', textOf(error), 'try another host, and look at the trace (--trace)');
  }
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
