/** Five requests on one connection, with axios and an agent that keeps it. */
const { Agent } = require('node:http');
const axios = require('axios');

const client = axios.create({ baseURL: process.argv[2], httpAgent: new Agent({ keepAlive: true }) });

async function main() {
  for (let index = 0; index < 5; index++) {
    const { status, data } = await client.post(`/number/${index}`, { index });
    console.log(status, data);
  }
}

main();
