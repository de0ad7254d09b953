/** Scripts: what a driver is asked while a dialogue plays its modem, and what must come of it. */
import { expect } from 'vitest';
import type { Endpoint } from '../../src/driver/port.ts';
import type { Stage, StageOptions } from './stage.ts';

export interface Script extends Pick<StageOptions, 'encoding' | 'apn'> {
  run(stage: Stage): Promise<void>;
}

export const script = (run: Script['run'], rest: Omit<Script, 'run'> = {}): Script => ({ ...rest, run });

/** Sends one datagram and hears it again. */
export async function echo(stage: Stage, text: string, peer: Endpoint): Promise<void> {
  const socket = await stage.udp(peer);
  await socket.send(text);
  expect(await socket.hear()).toBe(`${text} from ${peer.address} ${peer.port}`);
  await socket.close();
}
