/** What is asked of the driver in some Sequans dialogues, and what must come of it. */
import { expect } from 'vitest';
import type { Endpoint } from '../../src/driver/port.ts';
import { type Script, script } from './script.ts';

/** One socket, and echoes from several port numbers of one address. */
const echoes = (first: Endpoint, texts: Readonly<Record<number, string>>): Script =>
  script(async stage => {
    const socket = await stage.udp(first);
    for (const [port, text] of Object.entries(texts)) {
      await socket.send(text, { ...first, port: Number(port) });
      expect(await socket.hear()).toBe(`${text} from ${first.address} ${port}`);
    }
    await socket.close();
  });

/** By the name of the file. */
export const sequansScripts: Readonly<Record<string, Script>> = {
  'udp-any-remote.at': echoes({ address: '127.0.0.1', port: 7, family: 4 }, { 7: 'one', 9: 'two' }),
  'udp-any-remote-ipv6.at': echoes({ address: '::1', port: 7, family: 6 }, { 9: 'two' }),
};
