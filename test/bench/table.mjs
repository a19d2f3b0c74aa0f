/** The report as a table for people. */

const COLUMNS = ['row', 'unit', 'ours', 'limit', 'ratio', 'bar', 'met'];

export function tableOf({ product, version, commit, at, machine, rows }) {
  const lines = rows.map(({ id, unit, ours, limit, ratio, bar, met }) => [
    id,
    unit,
    spread(ours),
    limit ? spread(limit) : '-',
    ratio === null ? '-' : ratio.toFixed(2),
    String(bar ?? '-'),
    met === null ? '-' : met ? 'yes' : 'NO',
  ]);
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i].length)));
  const put = (cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return [
    `${product} ${version} (${commit}), ${at}`,
    `${machine.cpus} x ${machine.model}, ${machine.memoryMb} MB, node ${machine.node}, SQLite ${machine.sqlite}, ${machine.driver}`,
    '',
    put(COLUMNS),
    put(widths.map((width) => '-'.repeat(width))),
    ...lines.map(put),
    '',
    ...rows.flatMap(details),
    '',
  ].join('\n');
}

function spread({ median, min, max }) {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}-${figure(max)})`;
}

function figure(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

function details({ id, work, durability, better, runs, limit, variants, note }) {
  return [
    `${id}: ${work}; ${better} is better; median of ${runs} (least-most); durability: ${durability}`,
    ...(limit ? [`  limit: ${limit.what}`] : []),
    ...variants.map(({ what, median, ratio }) => `  ${what}: ${figure(median)}${ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`}`),
    ...(note ? [`  note: ${note}`] : []),
  ];
}
