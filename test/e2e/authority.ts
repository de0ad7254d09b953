/** A certificate authority for the tests and a server certificate by it, for localhost and loopback addresses. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certified {
  readonly key: string;
  readonly cert: string;
  /** Who is to be trusted. */
  readonly ca: string;
  /** The same as a file. */
  readonly caFile: string;
}

/** @param openssl path of the program */
export function certify(openssl: string, folder: string): Certified {
  const file = (name: string): string => join(folder, name);
  const run = (...args: string[]): void => void execFileSync(openssl, args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n');
  run(
    'req',
    '-x509',
    ...key,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-subj',
    '/CN=atsock test CA',
  );
  run('req', ...key, '-keyout', file('key.pem'), '-out', file('request'), '-subj', '/CN=localhost');
  const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  run('x509', '-req', '-in', file('request'), ...signer, '-extfile', file('names'), '-out', file('cert.pem'));
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  return { key: read('key.pem'), cert: read('cert.pem'), ca: read('ca.pem'), caFile: file('ca.pem') };
}
