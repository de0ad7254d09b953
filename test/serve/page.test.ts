/** The page in a browser: it shows what there is, hears what comes, sends, and runs nothing that comes from outside. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openPage } from '../support/browser.ts';
import { needProgram } from '../support/programs.ts';
import { openServed } from './served.ts';

const BROWSER_MS = 120_000;
const HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
const text = (id: string): string => `document.getElementById('${id}').textContent`;
const type = (id: string, value: string): string =>
  `{ const field = document.getElementById('${id}'); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('input', { bubbles: true })); }`;
const press = (form: string): string => `document.querySelector('#${form} button').click()`;

test('with a token: modem, queue and inbox, live; a picture with ATSOCK_PICTURE=FILE', {
  timeout: BROWSER_MS,
}, async ({ skip }) => {
  const chromium = needProgram(skip, 'chromium');
  const served = await openServed();
  const page = await openPage(chromium, `http://127.0.0.1:${served.server.port}/`);
  await page.until(`document.readyState === 'complete'`);
  expect(await page.evaluate(`document.getElementById('main').hidden`)).toBe(true);
  await page.evaluate(type('token', served.tokens.all));
  await page.evaluate(press('login'));
  await page.until(`${text('state')} === 'ready' && ${text('network')}.includes('dBm')`);
  await page.evaluate(type('to', '+1 202 555 0111'));
  await page.evaluate(type('text', HOSTILE));
  await page.evaluate(press('send'));
  await page.until(`/sent|delivered/.test(${text('outbox')})`);
  served.sim.sms.deliver({ from: '+12025550122', text: HOSTILE });
  await page.until(`${text('inbox')}.includes('+12025550122')`);
  expect(await page.evaluate(text('inbox'))).toContain(HOSTILE);
  served.service.journal.record({ type: 'modem', state: 'recovering' });
  await page.until(`${text('state')} === 'recovering'`);
  expect(await page.evaluate(`document.querySelectorAll('#signal polyline').length`)).toBe(1);
  expect(await page.evaluate('document.title')).toBe('atsock');
  expect(await page.evaluate(`document.querySelectorAll('main img, main script').length`)).toBe(0);
  expect(await page.evaluate('location.href + document.cookie')).not.toContain(served.tokens.all);
  expect(page.complaints).toEqual([]);
  expect(served.sim.sms.sent.map(sent => sent.to)).toEqual(['+12025550111']);
  const picture = await page.screenshot();
  expect(picture.length).toBeGreaterThan(10_000);
  if (process.env.ATSOCK_PICTURE) await writeFile(process.env.ATSOCK_PICTURE, picture);
});

test('a token that is wrong is forgotten, and why is told', { timeout: BROWSER_MS }, async ({ skip }) => {
  const chromium = needProgram(skip, 'chromium');
  const served = await openServed();
  const page = await openPage(chromium, `http://127.0.0.1:${served.server.port}/`);
  await page.until(`document.readyState === 'complete'`);
  await page.evaluate(type('token', 'x'.repeat(22)));
  await page.evaluate(press('login'));
  await page.until(`${text('problem')}.includes('token')`);
  expect(await page.evaluate(`sessionStorage.length`)).toBe(0);
});

test('the policy lets nothing run but what stands in the page', { timeout: BROWSER_MS }, async ({ skip }) => {
  const chromium = needProgram(skip, 'chromium');
  const served = await openServed();
  const page = await openPage(chromium, `http://127.0.0.1:${served.server.port}/`);
  await page.until(`document.readyState === 'complete'`);
  await page.evaluate(
    `{ const made = document.createElement('script'); made.textContent = 'document.title = "owned"'; document.body.append(made); }`,
  );
  await page.evaluate(
    `{ const made = document.createElement('div'); document.body.append(made); made.setAttribute('onclick', 'document.title = "owned"'); made.click(); }`,
  );
  await page.until(`document.body`);
  expect(await page.evaluate('document.title')).toBe('atsock');
  expect(page.complaints.join()).toMatch(/Content Security Policy/);
});
