/** ConnectionsLost: why a line is closed whose modem answers, but has forgotten what was open on it. */

/** It has restarted, or lost its PDP context. */
export class ConnectionsLost extends Error {
  override readonly name = 'ConnectionsLost';
}
