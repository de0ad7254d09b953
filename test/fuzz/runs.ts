/** How much the fuzz tests do: a share for every run, and `ATSOCK_FUZZ=100` times as much for a long one. */

const TIMES = Number(process.env.ATSOCK_FUZZ ?? 1);

export const runs = (usual: number): number => Math.round(usual * TIMES);

/** Of a test that takes so long in a usual run at the very most. */
export const timeLimit = (usualMs: number): number => Math.max(usualMs, usualMs * TIMES);
