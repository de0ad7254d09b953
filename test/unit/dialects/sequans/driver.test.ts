/** The start of the Sequans driver: what a caller that has changed its mind gets. */
import { expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { SequansDriver } from '../../../../src/dialects/sequans/driver.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { PlayedModem } from './played-modem.ts';

test.each(['+CFUN?', '+CEREG?', '+CGPIAF', '+SQNSS', '+SQNSCFG?', '+SQNSCFGEXT?'])(
  'cancelled at %s, it does not end as if nothing had been said',
  async line => {
    const [near, far] = createMemoryPair();
    const modem = new PlayedModem(far);
    const at = new AtChannel(near);
    onTestFinished(() => at.close());
    const driver = new SequansDriver(
      at,
      { cid: 1, encoding: 'auto' },
      { manufacturer: '', model: 'GM02S', revision: '' },
    );
    const abort = new AbortController();
    modem.on(line, () => {
      abort.abort();
      return undefined;
    });
    await expect(driver.start({ signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  },
);
