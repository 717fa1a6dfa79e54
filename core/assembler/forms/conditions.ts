/** The sixteen conditions of jcc, setcc and cmovcc: the first name is the one the disassembler prints. */
export const CONDITIONS: readonly (readonly [string, ...string[]])[] = [
  ['o'],
  ['no'],
  ['b', 'c', 'nae'],
  ['ae', 'nb', 'nc'],
  ['e', 'z'],
  ['ne', 'nz'],
  ['be', 'na'],
  ['a', 'nbe'],
  ['s'],
  ['ns'],
  ['p', 'pe'],
  ['np', 'po'],
  ['l', 'nge'],
  ['ge', 'nl'],
  ['le', 'ng'],
  ['g', 'nle'],
];

/**
 * One block of rows for each condition and name; `row` gets the name, the number in hex and the attribute.
 */
export function perCondition(row: (name: string, digit: string, alias: string) => string): string {
  return CONDITIONS.flatMap((names, number) =>
    names.map((name, spelling) => row(name, number.toString(16), spelling === 0 ? '' : 'alias')),
  ).join('\n');
}
