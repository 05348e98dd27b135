/** The lines of a table in Markdown. */
export function table(titles: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const rows = [titles, titles.map(() => '---'), ...body];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
}
