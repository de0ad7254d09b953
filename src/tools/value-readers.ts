/** Readers of option values, for commander: what is wrong with one is said in a sentence. */
import { InvalidArgumentError } from 'commander';
import { UsageError } from './options.ts';

/** @param is whether it is right @param what it must be */
export const textThat =
  (is: (text: string) => boolean, what: string) =>
  (text: string): string =>
    is(text) ? text : wrong(what);

/** Of an option that may be given several times. */
export const textsThat =
  (is: (text: string) => boolean, what: string) =>
  (text: string, earlier: readonly string[] = []): readonly string[] =>
    is(text) ? [...earlier, text] : wrong(what);

/** @param protocols such as `https`. @throws UsageError */
export const urlOf =
  (...protocols: readonly string[]) =>
  (text: string): URL => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url?.hostname || !protocols.includes(url.protocol.slice(0, -1)))
      return wrong(`a URL that begins with ${protocols.join(':// or ')}://`);
    // Everybody on the computer sees arguments; commander would repeat this one in the message.
    if (url.username || url.password)
      throw new UsageError(`${url.protocol}//${url.host}: user and password belong into a file`);
    return url;
  };

function wrong(what: string): never {
  throw new InvalidArgumentError(`It must be ${what}.`);
}
