/** Short messages: sends one with a report, and prints what comes until somebody writes "stop". */
//   node examples/sms.mjs serial:/dev/ttyUSB2 +43664123456 'hello'
import { openModem } from 'atsock';

const [url = 'sim:sequans', to = '+12025550100', text = 'stop'] = process.argv.slice(2);

const modem = await openModem(url);

modem.sms.on('report', ({ reference, state }) => console.log(`report ${reference}: ${state}`));

modem.sms.receive(async ({ from, text }) => {
  console.log(`${from}: ${text}`);
  // Resolved, it is deleted from the card; the line is closed behind that.
  if (text === 'stop') setTimeout(() => modem.close(), 1_000);
});

try {
  const { parts } = await modem.sms.send({ to, text, report: true });
  console.log(`sent in ${parts} ${parts === 1 ? 'part' : 'parts'}`);
} catch (error) {
  // 'refused': it did not go out. 'unknown': it may have, so sending it again may send it twice.
  console.log(`${error.kind}: ${error.message}`);
}
