/** A plain text table: names in the first line, numbers to the right. */
// @ts-check

/** @param {readonly Readonly<Record<string, string | number>>[]} rows */
export function formatTable(rows) {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map(row => names.map(name => String(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map(line => line[column]?.length ?? 0)));
  return cells.map(line => line.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')).join('\n');
}

/** @param {string} cell @param {number} width */
const pad = (cell, width) => (/^[\d.]+%?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width));
