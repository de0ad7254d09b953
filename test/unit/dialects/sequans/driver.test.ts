/** The start of the Sequans driver: what a caller that has changed its mind gets, and one whose modem makes no sense. */
import { expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { SequansDriver } from '../../../../src/dialects/sequans/driver.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { PlayedModem } from './played-modem.ts';

function create(): { modem: PlayedModem; driver: SequansDriver } {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  const identity = { manufacturer: '', model: 'GM02S', revision: '' };
  return { modem, driver: new SequansDriver(at, { cid: 1, encoding: 'auto' }, identity) };
}

test.each(['+CFUN?', '+CEREG?', '+CGPIAF', '+SQNSS', '+SQNSCFG?', '+SQNSCFGEXT?'])(
  'cancelled at %s, it does not end as if nothing had been said',
  async line => {
    const { modem, driver } = create();
    const abort = new AbortController();
    modem.on(line, () => {
      abort.abort();
      return undefined;
    });
    await expect(driver.start({ signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  },
);

test('a table without any connection: an answer was lost, and no session is begun on it', async () => {
  const { modem, driver } = create();
  modem.on('+SQNSS', line => (/^\+SQNSS\??$/.test(line) ? ['OK'] : undefined));
  await expect(driver.start()).rejects.toMatchObject({ kind: 'reply', command: '+SQNSS?' });
});
