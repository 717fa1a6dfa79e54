/**
 * The words of a lesson, read from Markdown: `# Title` and an introduction, then for each step `## id: Title`, what one has to know,
 * and parts that are shown at their time.
 */

/** Of a step, besides what is to be done: */
const PARTS = ['Ask', 'Do', 'Hint', 'Mistake', 'Because', 'Then'] as const;
type PartName = (typeof PARTS)[number];

export interface StepText {
  readonly id: string;
  readonly title: string;
  /** What one has to know before the question; empty: nothing. */
  readonly before: string;
  /** What is to be done. */
  readonly text: string;
  /** A question that is asked before that is shown, its choices, and why the right one is right; null: none. */
  readonly ask: {
    readonly question: string;
    readonly choices: readonly string[];
    readonly because: string;
  } | null;
  /** One after the other, for who wants them. */
  readonly hints: readonly string[];
  /** What is wrong with a mistake, by its id. */
  readonly mistakes: ReadonlyMap<string, string>;
  /** What has been seen, once it is done; empty: nothing more is said. */
  readonly then: string;
}

export interface LessonText {
  readonly title: string;
  readonly introduction: string;
  readonly steps: readonly StepText[];
}

interface Section {
  readonly heading: string;
  readonly body: string;
}

/** Cuts at headings of a level, which are none within a fence; what stands before the first has an empty heading. */
function sections(text: string, level: number): Section[] {
  const mark = `${'#'.repeat(level)} `;
  const found: { heading: string; lines: string[] }[] = [{ heading: '', lines: [] }];
  let isFenced = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) isFenced = !isFenced;
    if (!isFenced && line.startsWith(mark))
      found.push({ heading: line.slice(mark.length).trim(), lines: [] });
    else found.at(-1)!.lines.push(line);
  }
  return found.map(({ heading, lines }) => ({ heading, body: lines.join('\n').trim() }));
}

/** Throws an Error that says what of the format is not kept. */
export function readText(markdown: string): LessonText {
  const [, whole, ...more] = sections(markdown, 1);
  if (whole === undefined || more.length > 0) throw new Error('a lesson has one heading of the first level');
  const [introduction, ...steps] = sections(whole.body, 2);
  return { title: whole.heading, introduction: introduction!.body, steps: steps.map(stepOf) };
}

function stepOf({ heading, body }: Section): StepText {
  const match = /^([a-z-]+): (.+)$/.exec(heading);
  if (match === null) throw new Error(`## ${heading}: it must be an id and a title: "## id: Title"`);
  const [before, ...parts] = sections(body, 3);
  const named = (wanted: PartName): Section[] => parts.filter(({ heading: name }) => partOf(name) === wanted);
  for (const part of parts) partOf(part.heading);
  const [ask] = named('Ask');
  const [because] = named('Because');
  const [text] = named('Do');
  if (text === undefined) throw new Error(`${match[1]!}: it does not say what is to be done: "### Do"`);
  if ((ask === undefined) !== (because === undefined))
    throw new Error(`${match[1]!}: who asks says why: "### Ask" and "### Because"`);
  return {
    id: match[1]!,
    title: match[2]!,
    before: before!.body,
    text: text.body,
    ask: ask === undefined ? null : { ...questionOf(ask.body), because: because!.body },
    hints: named('Hint').map((hint) => hint.body),
    mistakes: new Map(named('Mistake').map((each) => [each.heading.replace(/^Mistake /, ''), each.body])),
    then: named('Then')[0]?.body ?? '',
  };
}

function partOf(heading: string): PartName {
  const [first = ''] = heading.split(' ');
  const name = PARTS.find((each) => each === first);
  if (name === undefined) throw new Error(`### ${heading}: a step has ${PARTS.join(', ')}`);
  return name;
}

/** A question, and a list behind it of what may be answered, a line each. */
function questionOf(body: string): { question: string; choices: readonly string[] } {
  const lines = body.split('\n');
  const choices = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2));
  if (choices.length < 2) throw new Error('what is asked has two answers at least, each a line: "- answer"');
  return {
    question: lines
      .filter((line) => !line.startsWith('- '))
      .join('\n')
      .trim(),
    choices,
  };
}
