/** What a token may allow. */

/** `sms-send`: send, and see what was sent with the same token; `sms-read`: see all messages; `admin`: any AT command. */
export const SCOPES = ['read', 'sms-send', 'sms-read', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];
