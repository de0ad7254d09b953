/** What may stand in a command line, and how long it may be. */

/** @throws TypeError ERR_INVALID_ARG_VALUE */
export function checkLine(line: string, maxLine: number | undefined): void {
  const problem = !/^[\x20-\x7e]*$/.test(line)
    ? 'has a character that cannot stand in a command line'
    : maxLine !== undefined && line.length + 'AT\r'.length > maxLine
      ? `is longer than the ${maxLine} bytes the path to the modem takes`
      : undefined;
  if (!problem) return;
  throw Object.assign(new TypeError(`AT${line} ${problem}`), { code: 'ERR_INVALID_ARG_VALUE' });
}
