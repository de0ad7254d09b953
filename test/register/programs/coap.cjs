/** A confirmable GET. */
const coap = require('coap');

const request = coap.request(process.argv[2]);
request.on('response', response => console.log(response.code, String(response.payload)));
request.end();
