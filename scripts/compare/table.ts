/** A table in Markdown, and numbers as people read them. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map((row) => row[n]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`;
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
    '',
  ].join('\n');
}

/** To two digits that count. */
export function number(value: number): string {
  return value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
}

export function seconds(value: number): string {
  return value < 0.0095 ? `${(value * 1000).toFixed(1)} ms` : `${number(value)} s`;
}

export function times(value: number): string {
  return `${value < 1.1 ? value.toFixed(3) : number(value)} x`;
}
