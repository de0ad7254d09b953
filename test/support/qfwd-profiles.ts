/** The firmware profiles of the fact file that the simulator knows (quectel-qfwd.md 5). */
export const qfwdProfiles = ['table', 'example', 'lenient', 'field'] as const;

export type QfwdProfile = (typeof qfwdProfiles)[number];
