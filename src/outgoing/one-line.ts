/** Text of strangers for headers and logs. */

/** Without control characters, line ends, and what turns the direction of writing (reliability.md S12). */
export const oneLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
