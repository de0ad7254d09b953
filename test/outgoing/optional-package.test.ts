/** A package that is not installed: a sentence that says what to do. */
import { expect, test } from 'vitest';
import { loadPackage } from '../../src/outgoing/optional-package.ts';

test('one that is missing', async () => {
  const name = 'atsock-has-no-such-package';
  await expect(loadPackage(name, 'mail', () => import(name))).rejects.toThrow(
    `mail needs the package ${name}: npm install ${name}`,
  );
});

test('one that is broken is not called missing', async () => {
  const broken = new SyntaxError('Unexpected token');
  await expect(loadPackage('nodemailer', 'mail', () => Promise.reject(broken))).rejects.toBe(broken);
});
