/** Plain text tables under a title: names in the first line, numbers to the right. */
// @ts-check

/** @param {string} title @param {readonly string[]} notes @param {Parameters<typeof formatTable>[0]} rows */
export const section = (title, notes, rows) =>
  ['', title, ...notes.map(note => `  ${note}`), '', formatTable(rows)].join('\n');

/** @param {Readonly<Record<string, string>>} formulas */
export const showFormulas = formulas =>
  Object.entries(formulas).map(([name, formula]) => `${name} = ${formula}`);

/** @param {readonly Readonly<Record<string, string | number>>[]} rows */
function formatTable(rows) {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map(row => names.map(name => String(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map(line => line[column]?.length ?? 0)));
  return cells.map(line => line.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')).join('\n');
}

/** @param {string} cell @param {number} width */
const pad = (cell, width) => (/^[\d.]+%?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width));
