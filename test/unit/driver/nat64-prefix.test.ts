/** Where the NAT64 prefix comes from: the option, or one question in bounded time that is not repeated for nothing. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPrefixSource } from '../../../src/driver/nat64-prefix.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';

const ANSWER = ['64:ff9b::c000:aa', '64:ff9b::c000:ab'];

/** A resolver whose answers are told one by one, and how often it was asked. */
function resolver(...answers: (() => Promise<readonly string[]>)[]) {
  const asked: string[] = [];
  return {
    asked,
    resolve: (name: string): Promise<readonly string[]> => {
      asked.push(name);
      return answers.shift()?.() ?? Promise.reject(new Error('asked too often'));
    },
  };
}

const none = (): Promise<never> => Promise.reject(new SocketFailure('ENOTFOUND', 'no such name'));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('auto', () => {
  test('asks for ipv4only.arpa once, however many wait, and remembers', async () => {
    const { asked, resolve } = resolver(async () => ANSWER);
    const source = createPrefixSource('auto', resolve);
    expect(asked).toEqual([]);
    expect(await Promise.all([source.find(), source.find()])).toEqual(['64:ff9b::/96', '64:ff9b::/96']);
    vi.advanceTimersByTime(86_400_000);
    expect(await source.find()).toBe('64:ff9b::/96');
    expect(asked).toEqual(['ipv4only.arpa']);
  });

  test('the first prefix of several', async () => {
    const { resolve } = resolver(async () => ['2001:db8::1', '2001:db8:1:c000:0:aa00::', ...ANSWER]);
    expect(await createPrefixSource('auto', resolve).find()).toBe('2001:db8:1::/48');
  });

  test.each([
    ['no such name', none, 'no such name'],
    ['no IPv6 addresses', async () => [], 'no IPv6 address with a NAT64 prefix'],
    ['others than expected', async () => ['2001:db8::1'], 'no IPv6 address with a NAT64 prefix'],
  ])('%s: ENETUNREACH with a sentence, believed for 10 s', async (_, answer, why) => {
    const { asked, resolve } = resolver(answer, async () => ANSWER);
    const source = createPrefixSource('auto', resolve);
    const failure = {
      code: 'ENETUNREACH',
      message: 'the network gives IPv6 only, and no NAT64 prefix was found',
      cause: { message: expect.stringContaining(why) },
    };
    await expect(source.find()).rejects.toMatchObject(failure);
    vi.advanceTimersByTime(9_999);
    await expect(source.find()).rejects.toMatchObject(failure);
    expect(asked.length).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await source.find()).toBe('64:ff9b::/96');
    expect(asked.length).toBe(2);
  });

  test('a resolver that never answers: 15 s', async () => {
    const { asked, resolve } = resolver(() => new Promise(() => {}));
    const found = expect(createPrefixSource('auto', resolve).find()).rejects.toMatchObject({
      code: 'ENETUNREACH',
      cause: { message: 'no answer in 15 s' },
    });
    await vi.advanceTimersByTimeAsync(15_000);
    await found;
    expect(asked.length).toBe(1);
  });

  test('no timer is left behind', async () => {
    await createPrefixSource('auto', resolver(async () => ANSWER).resolve).find();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('forget(): asked again', async () => {
    const { asked, resolve } = resolver(
      async () => ANSWER,
      async () => ['2001:db8:1:c000:0:aa00::'],
    );
    const source = createPrefixSource('auto', resolve);
    await source.find();
    source.forget();
    expect(await source.find()).toBe('2001:db8:1::/48');
    expect(asked.length).toBe(2);
  });
});

test('off: a sentence of its own, and nobody is asked', async () => {
  const { asked, resolve } = resolver();
  await expect(createPrefixSource('off', resolve).find()).rejects.toMatchObject({
    code: 'ENETUNREACH',
    message: 'the network gives IPv6 only, and NAT64 is not to be used (nat64=off)',
  });
  expect(asked).toEqual([]);
});

test('a prefix: nobody is asked, whatever is forgotten', async () => {
  const { asked, resolve } = resolver();
  const source = createPrefixSource('2001:DB8:1::/48', resolve);
  source.forget();
  expect(await source.find()).toBe('2001:db8:1::/48');
  expect(asked).toEqual([]);
});

test('anything else is refused', () => {
  expect(() => createPrefixSource('64:ff9b::/97', resolver().resolve)).toThrow(TypeError);
});
