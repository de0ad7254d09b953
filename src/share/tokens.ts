/** Tokens: secrets of clients, each with the roles it gives (reliability.md S2). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Attempts } from '../util/attempts.ts';
import { isRole, type Role } from './policy.ts';

interface Token {
  readonly hash: Buffer;
  readonly roles: ReadonlySet<Role>;
}

/** 128 random bits. */
const FORM = /^[\w-]{22,128}$/;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export const createToken = (): string => randomBytes(16).toString('base64url');

/** `read,socket`. @throws Error */
export function parseRoles(text: string): ReadonlySet<Role> {
  const roles = text.split(',').map(role => role.trim());
  const unknown = roles.find(role => !isRole(role));
  if (unknown !== undefined)
    throw new Error(`"${unknown}" is no role; there are read, socket, sms and admin`);
  return new Set(roles.filter(isRole));
}

export class Tokens {
  readonly #tokens: readonly Token[];
  readonly #attempts = new Attempts();

  /**
   * @param text `ROLE[,ROLE…] TOKEN` in each line; `#` begins a remark
   * @param from for the message, since the text itself is secret
   * @throws Error
   */
  constructor(text: string, from: string) {
    this.#tokens = text.split(/\r?\n/).flatMap((line, index) => {
      if (/^\s*(#|$)/.test(line)) return [];
      const [roles = '', token = '', ...rest] = line.trim().split(/\s+/);
      if (!FORM.test(token) || rest.length > 0)
        throw new Error(
          `${from}, line ${index + 1}: write ROLE,… and a token of at least 22 letters and digits`,
        );
      return [{ hash: sha256(token), roles: parseRoles(roles) }];
    });
    if (this.#tokens.length === 0) throw new Error(`${from} has no token`);
  }

  /** Each is compared, in the same time whether it fits or not. */
  roles(address: string, token: string): ReadonlySet<Role> | undefined {
    const hash = sha256(token);
    const fits = (): Token | undefined => this.#tokens.filter(each => timingSafeEqual(each.hash, hash))[0];
    return this.#attempts.try(address, fits)?.roles;
  }
}
