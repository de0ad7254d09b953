/** Who holds which socket id: ours are chosen from a range that is gone through before one comes again. */
import { expect, test } from 'vitest';
import { type Holder, SocketTable } from '../../../../src/dialects/quectel-qfwd/socket-table.ts';

const holder = (use = 'somebody'): Holder & { displaced: number } => ({
  use,
  hungUp: false,
  urcPort: undefined,
  displaced: 0,
  event: () => {},
  push: () => {},
  displace() {
    this.displaced++;
  },
});

test('an id comes again only when the whole range has been used, and never while it is held', () => {
  const table = new SocketTable(2);
  const kept = holder();
  expect(table.reserve(kept)).toBe(100);
  const seen: number[] = [];
  for (let turn = 0; turn < 900; turn++) {
    const guest = holder();
    const id = table.reserve(guest);
    seen.push(id);
    table.release(id, guest);
  }
  expect(seen.slice(0, 899)).toEqual(Array.from({ length: 899 }, (_, index) => 101 + index));
  expect(seen[899]).toBe(101);
});

test('as many of ours as there may be: EMFILE names their uses; callers do not count', () => {
  const table = new SocketTable(1);
  table.reserve(holder('UDP 192.0.2.1:7'));
  table.adopt(3, holder('TCP 192.0.2.8:4000'));
  expect([table.full, table.open]).toEqual([true, 2]);
  expect(() => table.reserve(holder())).toThrow(
    expect.objectContaining({
      code: 'EMFILE',
      message: expect.stringMatching(/UDP 192\.0\.2\.1:7, TCP 192\.0\.2\.8:4000/),
    }),
  );
});

test('a caller that gets the id of ours displaces it, and ours counts no more', () => {
  const table = new SocketTable(1);
  const [ours, caller] = [holder(), holder()];
  const id = table.reserve(ours);
  table.adopt(id, caller);
  expect([ours.displaced, table.holder(id) === caller, table.full]).toEqual([1, true, false]);
  table.release(id, ours);
  expect(table.holder(id)).toBe(caller);
});

test('a server of ours under another id counts as before', () => {
  const table = new SocketTable(1);
  const server = holder();
  const id = table.reserve(server);
  table.rename(id, 1, server);
  expect([table.holder(id), table.holder(1) === server, table.full]).toEqual([undefined, true, true]);
  table.release(1, server);
  expect([table.open, table.full]).toEqual([0, false]);
});

test('ids of an earlier program are not the next ones', () => {
  const table = new SocketTable(9);
  table.avoid([5, 100, 103, 999]);
  expect(table.reserve(holder())).toBe(104);
});
