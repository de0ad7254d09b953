/** Tokens: secrets of clients, each with what it allows (reliability.md S2). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Attempts } from './attempts.ts';

export interface Token<Scope extends string> {
  /** Names it in records, and does not give it away. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** 128 random bits. */
const FORM = /^[\w-]{22,128}$/;
const ID_DIGITS = 12;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export const createToken = (): string => randomBytes(16).toString('base64url');

export class Tokens<Scope extends string> {
  readonly #tokens: readonly (Token<Scope> & { readonly hash: Buffer })[];
  readonly #attempts = new Attempts();

  /**
   * @param text `SCOPE[,SCOPE…] TOKEN` in each line; `#` begins a remark
   * @param from for the message, since the text itself is secret
   * @throws Error
   */
  constructor(text: string, from: string, known: readonly Scope[]) {
    this.#tokens = text.split(/\r?\n/).flatMap((line, index) => {
      if (/^\s*(#|$)/.test(line)) return [];
      const [names = '', token = '', ...rest] = line.trim().split(/\s+/);
      const place = `${from}, line ${index + 1}`;
      if (!FORM.test(token) || rest.length > 0)
        throw new Error(
          `${place}: write ${known.join(',')} or some of them, and a token of at least 22 letters and digits`,
        );
      const scopes = names.split(',').map(name => {
        const scope = known.find(each => each === name);
        if (scope === undefined) throw new Error(`${place}: there are only ${known.join(', ')}`);
        return scope;
      });
      const hash = sha256(token);
      return [{ id: hash.toString('hex').slice(0, ID_DIGITS), hash, scopes: new Set(scopes) }];
    });
    if (this.#tokens.length === 0) throw new Error(`${from} has no token`);
  }

  /** Each is compared, in the same time whether it fits or not. undefined: none, or the address has failed too often. */
  find(address: string, token: string): Token<Scope> | undefined {
    const hash = sha256(token);
    return this.#attempts.try(
      address,
      () => this.#tokens.filter(each => timingSafeEqual(each.hash, hash))[0],
    );
  }
}
