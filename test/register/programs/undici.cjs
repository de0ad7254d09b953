/** A request by undici. */
const { request } = require('undici');

request(process.argv[2]).then(async ({ statusCode, body }) => console.log(statusCode, await body.text()));
