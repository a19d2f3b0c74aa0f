/** Rows as a plain table for a terminal. */
export function tableOf(rows: readonly object[]): string {
  if (rows.length === 0) return '(nothing)';
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => cell((row as Record<string, unknown>)[name])))];
  const widths = names.map((_, column) => Math.min(40, Math.max(...lines.map((line) => line[column]?.length ?? 0))));
  return lines
    .map((line) =>
      line
        .map((text, column) => text.slice(0, widths[column]).padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a person reads: of a figure its value, of anything made of parts the parts in their order. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(cell).join(', ');
  if (typeof value !== 'object') return String(value);
  const { items: _, ...parts } = value as Record<string, unknown>;
  return Object.values(parts).map(cell).filter(Boolean).join(' ');
}
