/** What SIM-Modem-API's serial bridge and its clients say beside the bytes of the modem (ecosystem.md 1C). */

/** From the client: it lives. Out of a stream it can be told from data by nothing but its text. */
export const HEARTBEAT = Buffer.from('<heartbeat>');

/** From the server, each as the last thing before it closes. */
export const OCCUPIED = "There's already a client in control";
export const TIMED_OUT = 'Your heartbeat timeout elapsed';
export const SERIAL_DOWN = 'Serial port is or became unavailable, shutting down';
