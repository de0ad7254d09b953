/** A recording → one self-contained HTML page: no file beside it, nothing loaded, nothing sent. */
import { chart, laneHeads } from './chart.ts';
import type { Recording } from './events.ts';
import { escapeHtml } from './html.ts';
import { type Shares, sharesOf } from './shares.ts';

const PARTS = ['queue', 'line', 'modem', 'air'] as const;

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--dim:#6b7685;--paper:#fff;--rule:#d9dee5;
--c0:#6b7685;--c1:#0b6bcb;--c2:#b3420a;--c3:#1a7f37;--c4:#8250df;--c5:#9a6700;--c6:#bf3989;--c7:#0a7d87;
--queue:#c9a227;--line:#0b6bcb;--modem:#8250df;--air:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--dim:#93a0b1;--paper:#14181f;--rule:#2b323d;
--c1:#6cb2ff;--c2:#ff9e64;--c3:#63d683;--c4:#c29bff;--c5:#e0b04a;--c6:#ff8ac7;--c7:#4fd0db}}
body{margin:0 auto;max-width:1120px;padding:20px;font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:28px 0 8px}p{margin:4px 0;color:var(--dim)}
table{border-collapse:collapse;width:100%}th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}td.bar{width:40%}tr[data-socket]{cursor:pointer}tr.chosen{outline:2px solid var(--c1)}
.bar div{display:flex;height:12px;border-radius:3px;overflow:hidden;background:var(--rule)}
.dot{display:inline-block;width:10px;height:10px;border-radius:5px;margin-right:6px}
.key{margin-right:14px}svg{display:block;width:100%}
#heads{position:sticky;top:0;background:var(--paper);border-bottom:1px solid var(--rule)}
.lane{font-weight:600;fill:var(--ink)}.life{stroke:var(--rule)}
.step text{font:11px ui-monospace,monospace;fill:var(--ink)}.step .time,.step .gap{fill:var(--dim);font-size:10px}
.step line{stroke-width:1.4}body.chosen .step:not(.on){opacity:.12}
${[0, 1, 2, 3, 4, 5, 6, 7].map(n => `.s${n} line{stroke:var(--c${n})}.s${n} path{fill:var(--c${n})}`).join('')}
`;

/** A click on a socket shows its steps alone. */
const SCRIPT = `
for (const row of document.querySelectorAll('tr[data-socket]'))
  row.addEventListener('click', () => {
    const chosen = !row.classList.contains('chosen');
    for (const each of document.querySelectorAll('.chosen')) each.classList.remove('chosen');
    row.classList.toggle('chosen', chosen);
    document.body.classList.toggle('chosen', chosen);
    for (const step of document.querySelectorAll('.step'))
      step.classList.toggle('on', step.dataset.socket === row.dataset.socket);
  });
`;

export function page(recording: Recording): string {
  const { began, durationMs, steps, leftOut, commands } = recording;
  const facts = [
    `${steps.length} steps`,
    `${commands.length} AT commands`,
    `${(durationMs / 1_000).toFixed(2)} s`,
    `began ${began.toISOString()}`,
  ];
  const full = leftOut > 0 ? `<p>${leftOut} later steps are not shown.</p>` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>atsock trace</title><style>${STYLE}</style></head><body>
<h1>atsock trace</h1><p>${facts.join(' · ')}</p>
<h2>Where the time went</h2><p>${PARTS.map(key).join('')}</p>
${table(sharesOf(recording))}
<p>queue: a command waits for its turn; line: its bytes at the speed of the line${recording.baud ? ` (${recording.baud} bits per second)` : ' (it has none)'};
modem: until the modem has answered; air: dialling, names, and from a send to the first thing that comes back.</p>
<h2>What happened</h2><p>A click on a socket above shows its steps alone. Between modem and network: as far as the modem tells.</p>${full}
<div id="heads">${laneHeads()}</div>
<div id="chart">${chart(recording)}</div>
<script>${SCRIPT}</script></body></html>
`;
}

const key = (part: string): string =>
  `<span class="key"><span class="dot" style="background:var(--${part})"></span>${part}</span>`;

function table(shares: readonly Shares[]): string {
  const rows = shares.filter(({ commands, socket }) => commands > 0 || socket.id > 0).map(row);
  return `<table><thead><tr><th>socket</th><th>sent</th><th>received</th><th>commands</th>${PARTS.map(part => `<th>${part}</th>`).join('')}<th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function row(shares: Shares): string {
  const { socket, commands } = shares;
  const all = PARTS.reduce((sum, part) => sum + shares[part], 0) || 1;
  const bars = PARTS.map(
    part =>
      `<span style="width:${((100 * shares[part]) / all).toFixed(1)}%;background:var(--${part})"></span>`,
  );
  const times = PARTS.map(part => `<td>${shares[part].toFixed(shares[part] < 10 ? 1 : 0)} ms</td>`);
  return `<tr data-socket="${socket.id}"><td><span class="dot" style="background:var(--c${socket.id % 8})"></span>${escapeHtml(socket.title)}</td><td>${socket.sent} B</td><td>${socket.received} B</td><td>${commands}</td>${times.join('')}<td class="bar"><div>${bars.join('')}</div></td></tr>`;
}
