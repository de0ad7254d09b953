/** HTTPS by Node's own client, and fetch on the same server. */
import { get } from 'node:https';
import { text } from 'node:stream/consumers';

const page = process.argv[2];

get(`${page}/get`, async response => {
  const { authorized } = response.socket;
  console.log(response.statusCode, await text(response), authorized);
  console.log(await (await fetch(`${page}/fetch`)).text());
});
