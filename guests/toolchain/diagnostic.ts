/** What a compiler says of sources. Beside the compiler, which is large: whoever shows it need not load that. */

/** An error or a warning of the compiler at its place. Lines and columns count from 1; 0: no place. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column: message`. */
export function describe({ file, line, column, message }: Diagnostic): string {
  return file === '' ? message : `${file}:${String(line)}:${String(column)}: ${message}`;
}
