/** The table of connection ids: who holds which, and who is told. */
import { expect, test } from 'vitest';
import { ConnectionTable } from '../../../src/driver/connection-table.ts';

const nobody = { ring: () => {}, closed: () => {} };

test('a slot released twice does not take the id from its next holder', () => {
  const table = new ConnectionTable([1]);
  const first = table.reserve('first', nobody);
  first.release();
  table.reserve('second', nobody);
  first.release();
  expect(table.open).toBe(1);
  expect(table.full).toBe(true);
});

test('the longest unused id is next, and what is said of an id goes to its holder alone', () => {
  const heard: string[] = [];
  const table = new ConnectionTable([1, 2]);
  const hears = (name: string) => ({
    ring: (bytes?: number) => heard.push(`${name} ${bytes}`),
    closed: () => heard.push(`${name} closed`),
  });
  table.reserve('a', hears('a')).release();
  expect(table.reserve('b', hears('b')).connectionId).toBe(2);
  expect(table.reserve('c', hears('c')).connectionId).toBe(1);
  table.ring(1, 5);
  table.closed(2);
  table.ring(99);
  expect(heard).toEqual(['c 5', 'b closed']);
});

test('all are taken: EMFILE names the uses, and whoever waits is woken by the next that comes free', async () => {
  const table = new ConnectionTable([4]);
  const slot = table.reserve('UDP port 7', { ring: () => {}, closed: () => {} });
  expect(table.full).toBe(true);
  expect(() => table.reserve('another', { ring: () => {}, closed: () => {} })).toThrow(
    expect.objectContaining({ code: 'EMFILE', message: expect.stringContaining('all 1 connections') }),
  );
  const freed = Promise.all([table.freed(), table.freed()]);
  slot.release();
  await freed;
  expect([table.full, table.open]).toEqual([false, 0]);
});
