/** A self-signed certificate for localhost, made by openssl for this run only. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** undefined where there is no openssl; with ATSOCK_NO_SKIP set that is an error. */
export function createCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ].concat(subject, ['-keyout', key, '-out', cert]),
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } catch (error) {
    if (process.env.ATSOCK_NO_SKIP) throw error;
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
