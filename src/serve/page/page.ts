/** The web page: one self-contained file; nothing is loaded, and only what stands in it runs. */
import { createHash } from 'node:crypto';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const page = {
  policy: [
    "default-src 'none'",
    `script-src ${hash(SCRIPT)}`,
    `style-src ${hash(STYLE)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>atsock</title><style>${STYLE}</style></head><body>
<header><h1>atsock</h1><span id="state" class="badge">not connected</span><span id="who" class="dim"></span>
<form id="login"><label>Token <input id="token" type="password" autocomplete="off" size="26"></label><button>Connect</button></form>
<button id="leave" hidden>Disconnect</button></header>
<p id="problem" role="alert" hidden></p>
<main id="main" hidden>
<section><h2>Network</h2><dl id="network"></dl></section>
<section class="wide"><h2>Signal</h2><svg id="signal" viewBox="0 0 600 120" role="img" aria-label="signal strength over time"></svg></section>
<section><h2>Traffic</h2><dl id="traffic"></dl></section>
<section><h2>Sockets</h2><dl id="sockets"></dl></section>
<section><h2>Watchdog</h2><dl id="watchdog"></dl></section>
<section><h2>Queue</h2><dl id="queue"></dl></section>
<section class="wide"><h2>Send</h2><form id="send"><label>To <input id="to" required placeholder="+43664123456"></label>
<label>Text <textarea id="text" required rows="2"></textarea></label>
<label><input id="report" type="checkbox" checked> report</label><button>Send</button> <span id="told" class="dim"></span></form></section>
<section class="all"><h2>Outbox</h2><table id="outbox"></table></section>
<section class="all"><h2>Inbox</h2><table id="inbox"></table></section>
</main><script>${SCRIPT}</script></body></html>
`,
} as const;
