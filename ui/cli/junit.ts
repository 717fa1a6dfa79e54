/** Results of scenarios as JUnit's XML, as CI servers read it: a `testsuite` for each file, a `testcase` for each scenario. */

export interface Result {
  readonly file: string;
  readonly name: string;
  /** What it took, in seconds of ours. */
  readonly seconds: number;
  /** Why it failed; null: it has not. */
  readonly failure: string | null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};
/** What XML 1.0 has no way to write (section 2.2): most control characters, halves of surrogate pairs. */

const UNWRITABLE =
  /[\x00-\x08\x0b-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function writable(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd');
}

function attribute(text: string): string {
  return writable(text).replace(/[&<>"\n\t]/g, (character) => ENTITIES[character]!);
}

function content(text: string): string {
  return writable(text).replace(/[&<>]/g, (character) => ENTITIES[character]!);
}

export function junit(results: readonly Result[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      results.filter((result) => result.file === file),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts(results)}>\n${suites.join('')}</testsuites>\n`;
}

function suite(file: string, results: readonly Result[]): string {
  const cases = results.map((result) => testcase(result)).join('');
  return `  <testsuite name="${attribute(file)}"${counts(results)}>\n${cases}  </testsuite>\n`;
}

function counts(results: readonly Result[]): string {
  const failures = results.filter(({ failure }) => failure !== null).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0).toFixed(3);
  return ` tests="${String(results.length)}" failures="${String(failures)}" errors="0" time="${seconds}"`;
}

function testcase({ file, name, seconds, failure }: Result): string {
  const head = `    <testcase classname="${attribute(file)}" name="${attribute(name)}" time="${seconds.toFixed(3)}"`;
  if (failure === null) return `${head}/>\n`;
  const [first] = failure.split('\n');
  return `${head}>\n      <failure message="${attribute(first!)}">${content(failure)}</failure>\n    </testcase>\n`;
}
