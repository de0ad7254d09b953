/** The script of the page: asks once, then listens to the events. Whatever comes from outside becomes text, never markup. */

export const SCRIPT = `
const KEY = 'atsock-token';
const SHOWN = 25;
const SIGNALS = 720;
const AGAIN_MS = 2000;
const $ = id => document.getElementById(id);
const number = new Intl.NumberFormat('en');
let signal = [];
let counts = {};
let jobs = new Map();
let messages = new Map();
let key;
let listening = new AbortController();

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const show = (id, rows) =>
  $(id).replaceChildren(...rows.filter(([, value]) => value !== undefined && value !== '')
    .flatMap(([name, value]) => [element('dt', name), element('dd', String(value))]));
const time = text => new Date(text).toLocaleString();
const problem = text => { $('problem').textContent = text; $('problem').hidden = !text; };

async function call(path, options = {}) {
  const headers = { authorization: 'Bearer ' + sessionStorage.getItem(KEY), ...options.headers };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const { detail } = await response.json();
  throw Object.assign(new Error(detail), { status: response.status });
}
/** What this token may not see is not shown. */
const ask = async path => {
  try { return await (await call(path)).json(); }
  catch (error) { if (error.status === 403) return undefined; throw error; }
};

function showModem({ state, info, status = {}, stats, watchdog, jobs: now }) {
  counts = now;
  $('state').textContent = state;
  $('state').className = 'badge ' + state;
  $('who').textContent = info ? [info.manufacturer, info.model, info.dialect].join(' \\u00b7 ') : '';
  show('network', [['registration', status.registration], ['signal', status.rssiDbm && status.rssiDbm + ' dBm'],
    ['addresses', (status.addresses || []).join(', ')], ['NAT64', status.nat64]]);
  show('traffic', [['line out', number.format(stats.bytesWritten) + ' B'], ['line in', number.format(stats.bytesRead) + ' B'],
    ['payload out', number.format(stats.payloadSent) + ' B'], ['payload in', number.format(stats.payloadReceived) + ' B']]);
  show('sockets', [['open', stats.connections + (info ? ' of ' + info.connections : '')],
    ['commands waiting', stats.queueLength], ['recoveries', stats.recoveries]]);
  show('watchdog', [['rung', stats.rung], ...(watchdog ? [['last action', watchdog.action], ['because', watchdog.reason],
    ['result', watchdog.result], ['at', time(watchdog.at)]] : [['last action', 'none']])]);
  show('queue', Object.entries(counts));
}

function showSignal() {
  const svg = 'http://www.w3.org/2000/svg';
  const make = (name, attributes, text) => {
    const made = document.createElementNS(svg, name);
    for (const [each, value] of Object.entries(attributes)) made.setAttribute(each, value);
    if (text) made.textContent = text;
    return made;
  };
  const y = dbm => 110 - Math.max(0, Math.min(1, (dbm + 115) / 65)) * 100;
  const x = index => signal.length < 2 ? 595 : 52 + (index / (signal.length - 1)) * 543;
  const lines = [-50, -70, -90, -110].flatMap(dbm => [
    make('line', { x1: 52, x2: 595, y1: y(dbm), y2: y(dbm) }), make('text', { x: 0, y: y(dbm) + 3 }, dbm + ' dBm')]);
  const points = signal.map(({ rssiDbm }, index) => x(index).toFixed(1) + ',' + y(rssiDbm).toFixed(1));
  const last = signal.at(-1);
  $('signal').replaceChildren(...lines, make('polyline', { points: points.join(' ') }),
    ...(last ? [make('circle', { cx: x(signal.length - 1), cy: y(last.rssiDbm), r: 3 })] : []));
}

const newest = map => [...map.values()].slice(-SHOWN).reverse();
const table = (id, heads, rows) => {
  const row = cells => { const made = element('tr'); made.append(...cells); return made; };
  $(id).replaceChildren(row(heads.map(head => element('th', head))), ...rows.map(row));
};
function showMessages() {
  table('outbox', ['changed', 'to', 'text', 'state', ''], newest(jobs).map(job => [
    element('td', time(job.changedAt), 'time'), element('td', job.to), element('td', job.text, 'text'),
    element('td', job.state, job.state), element('td', job.error || '', 'dim')]));
  table('inbox', ['received', 'from', 'text'], newest(messages).map(message => [
    element('td', time(message.receivedAt), 'time'), element('td', message.from),
    element('td', message.data || message.text, 'text')]));
}

const handlers = {
  status(data) {
    const last = data.signal.at(-1);
    if (last && last.at !== signal.at(-1)?.at) signal = [...signal, last].slice(-SIGNALS);
    showModem(data);
    showSignal();
  },
  job({ job }) {
    const before = jobs.get(job.id)?.state;
    if (before) counts[before]--;
    counts[job.state]++;
    jobs.set(job.id, job);
    show('queue', Object.entries(counts));
    showMessages();
  },
  message({ message }) { messages.set(message.id, message); showMessages(); },
  modem({ state }) { $('state').textContent = state; $('state').className = 'badge ' + state; },
};

async function listen(stop) {
  const response = await call('/v1/events', { signal: stop });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    // What there is is asked for only now: nothing gets lost between the two.
    await load();
    problem('');
    for (let text = ''; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (text + value).split('\\n\\n');
      text = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
        handlers[fields.event]?.(JSON.parse(fields.data));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function load() {
  const modem = await (await call('/v1/modem')).json();
  const [outbox, inbox] = [await ask('/v1/messages?limit=' + SHOWN), await ask('/v1/inbox?limit=' + SHOWN)];
  signal = modem.signal;
  jobs = new Map((outbox?.items || []).reverse().map(job => [job.id, job]));
  messages = new Map((inbox?.items || []).reverse().map(message => [message.id, message]));
  showModem(modem);
  showSignal();
  showMessages();
  $('main').hidden = $('leave').hidden = false;
  $('login').hidden = true;
}

/** What was missed while nobody listened is asked for again. */
async function connect() {
  listening.abort();
  listening = new AbortController();
  const { signal: stop } = listening;
  while (!stop.aborted) {
    try {
      await listen(stop);
    } catch (error) {
      if (stop.aborted) return;
      problem(error.message);
      if (error.status === 401 || error.status === 403) return leave();
    }
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
  }
}

function leave() {
  listening.abort();
  sessionStorage.removeItem(KEY);
  $('main').hidden = $('leave').hidden = true;
  $('login').hidden = false;
}

$('login').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem(KEY, $('token').value.trim());
  $('token').value = '';
  problem('');
  connect();
});
$('leave').addEventListener('click', leave);
/** A new text is a new message; the same button pressed twice is not. */
$('send').addEventListener('input', () => { key = undefined; });
$('send').addEventListener('submit', async event => {
  event.preventDefault();
  key ??= [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
  try {
    const response = await call('/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ to: $('to').value.replace(/[ ()-]/g, ''), text: $('text').value, report: $('report').checked }),
    });
    const { state } = await response.json();
    $('told').textContent = state;
  } catch (error) {
    $('told').textContent = error.message;
  }
});
if (sessionStorage.getItem(KEY)) connect();
`;
