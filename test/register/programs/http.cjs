/** A request by Node's own client in the old style, with the agent that all programs share. */
const http = require('node:http');

http.get(process.argv[2], response => {
  response.setEncoding('utf8');
  response.on('data', text => console.log(response.statusCode, text));
});
