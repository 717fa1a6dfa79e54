/** Lessons: a list of them, and the one that somebody takes: step by step, with questions before and answers behind. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { describe } from '../../guests/toolchain/diagnostic.ts';
import { LESSONS, lessonNamed } from '../lab/lessons/lessons.ts';
import type { Lesson as LessonData } from '../lab/lessons/lesson.ts';
import type { StepText } from '../lab/lessons/text.ts';
import { TEXTS } from '../lab/lessons/texts.ts';
import { folderOf } from '../lab/lessons/code.ts';
import { building, diagnostics } from './build.ts';
import { edit } from './editor.tsx';
import { kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';
import './lesson.css';
import { download, forget, guess, isOver, progressOf } from './lesson-progress.ts';
import { begin, buildAndBegin, isThere, judge, mistakes } from './lesson-world.ts';
import { Markdown, Words } from './markdown.tsx';
import type { Fence } from './markdown.tsx';

/** Whether the pane of lessons is open. */
export const studying = signal(false);

/** The lesson that is taken, by name; empty: the list is shown. */
const chosen = kept('lesson', '', (value): value is string => typeof value === 'string');
/** The step that is shown, from 0; those that are not done are shown no further than the first. */
const at = signal(firstLeft(chosen.value));
/** How many hints of the step that is shown have been asked for. */
const hints = signal(0);

/** Ctrl-], as a text writes it. */
const LEAVE = '^]';
const LEAVE_KEY = '\x1d';

export function Lesson({ client }: { client: LabClient }) {
  useEffect(() => {
    client.onJudged = judge;
    return () => {
      client.onJudged = null;
    };
  }, [client]);
  const lesson = lessonNamed(chosen.value);
  return (
    <section class="panel lesson" aria-label="Lessons" data-testid="lesson" data-pane>
      {lesson === undefined ? <List /> : <Study client={client} lesson={lesson} />}
    </section>
  );
}

function open(lesson: string): void {
  chosen.value = lesson;
  show(firstLeft(lesson));
}

function show(step: number): void {
  at.value = step;
  hints.value = 0;
}

function firstLeft(lesson: string): number {
  const { done } = progressOf(lesson);
  const steps = lessonNamed(lesson)?.steps ?? [];
  const left = steps.findIndex(({ id }) => !done.some(({ step }) => step === id));
  return left < 0 ? Math.max(0, steps.length - 1) : left;
}

function List() {
  return (
    <>
      <h2>Lessons</h2>
      <div class="lesson-body">
        <p>
          Each is a world of its own, and something that you do in it: the world itself says when it is done.
          How far you are stays in this browser.
        </p>
        <ol class="lessons">
          {LESSONS.map(({ name, title, minutes }) => (
            <li key={name}>
              <button
                onClick={() => {
                  open(name);
                }}
              >
                {title}
              </button>
              <small>
                {minutes} minutes{standing(name)}
              </small>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}

function standing(lesson: string): string {
  const { done } = progressOf(lesson);
  if (isOver(lesson)) return ', ✓ done';
  const of = lessonNamed(lesson)?.steps.length ?? 0;
  return done.length === 0 ? '' : `, ${String(done.length)} of ${String(of)} steps done`;
}

function Study({ client, lesson }: { client: LabClient; lesson: LessonData }) {
  const text = TEXTS.get(lesson.name)!;
  const { done } = progressOf(lesson.name);
  const isItsWorld = isThere(client, lesson);
  const isBuilding = building.value !== null;
  const n = Math.min(at.value, firstLeft(lesson.name));
  const step = text.steps[n]!;
  return (
    <>
      <h2>
        <button
          onClick={() => {
            chosen.value = '';
          }}
        >
          All lessons
        </button>{' '}
        {lesson.title} <small>{lesson.minutes} minutes</small>
      </h2>
      <div class="lesson-bar">
        {!isItsWorld && (
          <button class="primary" disabled={isBuilding} onClick={() => void begin(client, lesson)}>
            {done.length === 0 ? 'Begin' : isOver(lesson.name) ? 'Look around in its world' : 'Go on'}
          </button>
        )}
        <button
          disabled={done.length === 0 || isBuilding}
          onClick={() => {
            forget(lesson.name);
            show(0);
            void begin(client, lesson);
          }}
        >
          Start over
        </button>
        <button
          disabled={done.length === 0}
          title="A file with your answers and the recording of what you did: xenoscope grade judges it"
          onClick={() => {
            download(lesson.name);
          }}
        >
          Export result
        </button>
        <Steps lesson={lesson} shown={n} />
      </div>
      <div class="lesson-body" key={step.id}>
        {n === 0 && <Markdown text={text.introduction} />}
        {isItsWorld || done.length > n ? (
          <Step client={client} lesson={lesson} text={step} n={n} />
        ) : (
          <p>
            <em>{done.length === 0 ? 'Begin' : 'Go on'}</em> makes the lesson’s world. What runs now ends.
          </p>
        )}
      </div>
    </>
  );
}

function Steps({ lesson, shown }: { lesson: LessonData; shown: number }) {
  const text = TEXTS.get(lesson.name)!;
  const { done } = progressOf(lesson.name);
  const last = firstLeft(lesson.name);
  return (
    <ol class="steps-done" aria-label="Steps">
      {text.steps.map(({ id, title }, n) => {
        const isDone = done.some(({ step }) => step === id);
        return (
          <li key={id}>
            <button
              aria-current={n === shown ? 'step' : undefined}
              aria-label={`Step ${String(n + 1)}: ${title}${isDone ? ', done' : ''}`}
              title={title}
              disabled={n > last}
              onClick={() => {
                show(n);
              }}
            >
              {isDone ? '✓' : n + 1}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

interface StepProps {
  readonly client: LabClient;
  readonly lesson: LessonData;
  readonly text: StepText;
  readonly n: number;
}

function Step({ client, lesson, text, n }: StepProps) {
  const { done, guesses } = progressOf(lesson.name);
  const ended = done.find(({ step }) => step === text.id);
  const asks = text.ask !== null && guesses[text.id] === undefined && ended === undefined;
  const fence: Fence = (language, line) => {
    if (/^type\b/.test(language))
      return <Typed client={client} host={language.slice(5).trim()} line={line} />;
    if (language === 'edit') return <Edit path={folderOf(lesson, line)} name={line} />;
    if (language === 'build') return <Build client={client} lesson={lesson} />;
    return null;
  };
  const isLast = n === lesson.steps.length - 1;
  const verdict = useRef<HTMLDivElement>(null);
  const isDone = ended !== undefined;
  const wasDone = useRef(isDone);
  const wrong = isDone ? '' : mistakes.value.join();
  // What has been waited for is not to be below the edge of the pane.
  useEffect(() => {
    if ((isDone && !wasDone.current) || wrong !== '') verdict.current?.scrollIntoView({ block: 'nearest' });
    wasDone.current = isDone;
  }, [isDone, wrong]);
  return (
    <>
      <h3>
        {n + 1}. {text.title}
      </h3>
      <Markdown text={text.before} fence={fence} />
      {text.ask !== null && <Question lesson={lesson} text={text} />}
      {!asks && (
        <>
          <Markdown text={text.text} fence={fence} />
          {ended === undefined && <Help text={text} fence={fence} />}
        </>
      )}
      <div role="status" class="lesson-verdict" ref={verdict}>
        {ended === undefined ? (
          <Mistakes text={text} />
        ) : (
          <>
            <p class="done">✓ Done.</p>
            {text.ask !== null && ended.answer !== null && (
              <Answer text={text} guessed={guesses[text.id]} right={ended.answer} />
            )}
            <Markdown text={text.then} />
            {isLast && isOver(lesson.name) && <p>That was the lesson.</p>}
          </>
        )}
      </div>
      {ended !== undefined && !isLast && (
        <button
          class="primary"
          onClick={() => {
            show(n + 1);
          }}
        >
          Next step
        </button>
      )}
    </>
  );
}

function Question({ lesson, text }: { lesson: LessonData; text: StepText }) {
  const { done, guesses } = progressOf(lesson.name);
  const said = guesses[text.id];
  const { question, choices } = text.ask!;
  return (
    <div class="question">
      <p>
        <strong>What do you expect?</strong>
      </p>
      <Markdown text={question} />
      <ul class="choices">
        {choices.map((choice, n) => (
          <li key={n}>
            <button
              aria-pressed={said === n}
              disabled={done.some(({ step }) => step === text.id)}
              onClick={() => {
                guess(lesson.name, text.id, n);
              }}
            >
              <Words text={choice} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Answer({ text, guessed, right }: { text: StepText; guessed: number | undefined; right: number }) {
  const { choices, because } = text.ask!;
  const isRight = guessed === right;
  return (
    <>
      <p>
        {guessed === undefined
          ? 'It was: '
          : isRight
            ? 'As you expected: '
            : 'You expected something else. It was: '}
      </p>
      <blockquote>
        <Words text={choices[right] ?? ''} />
      </blockquote>
      <Markdown text={because} />
    </>
  );
}

function Help({ text, fence }: { text: StepText; fence: Fence }) {
  const shown = text.hints.slice(0, hints.value);
  return (
    <>
      {shown.map((hint, n) => (
        <blockquote key={n}>
          <Markdown text={hint} fence={fence} />
        </blockquote>
      ))}
      {shown.length < text.hints.length && (
        <button
          onClick={() => {
            hints.value++;
          }}
        >
          {shown.length === 0 ? 'A hint' : 'Another hint'}
        </button>
      )}
    </>
  );
}

function Mistakes({ text }: { text: StepText }) {
  return (
    <>
      {mistakes.value.map((id) => (
        <div key={id} class="mistake">
          <Markdown text={text.mistakes.get(id) ?? ''} />
        </div>
      ))}
    </>
  );
}

/** Opens one of the student's sources in the editor. */
function Edit({ path, name }: { path: string; name: string }) {
  return (
    <button
      class="own-source"
      onClick={() => {
        edit(path, 0);
      }}
    >
      Edit <code>{name}</code>
    </button>
  );
}

/** Builds the student's kernels, and boots the lesson's world with them. */
function Build({ client, lesson }: { client: LabClient; lesson: LessonData }) {
  const busy = building.value;
  const [wrong] = diagnostics.value;
  return (
    <p class="build">
      <button class="primary" disabled={busy !== null} onClick={() => void buildAndBegin(client, lesson)}>
        Build &amp; boot
      </button>{' '}
      <small role="status">
        {busy !== null
          ? `building ${busy} …`
          : wrong !== undefined
            ? `It does not build: ${describe(wrong)}`
            : 'The lesson’s world begins anew; what you have done stays done.'}
      </small>
    </p>
  );
}

/** A command that a click types at the console of a host: the one named, or the first. */
function Typed({ client, host, line }: { client: LabClient; host: string; line: string }) {
  const { hosts, ended } = client.state.value;
  const index = Math.max(0, host === '' ? 0 : hosts.findIndex(({ name }) => name === host));
  return (
    <button
      class="command"
      disabled={ended !== null}
      title={`Types it${host === '' ? '' : ` on host ${host}`}`}
      onClick={() => {
        const { running } = client.state.value;
        if (client.state.value.host !== index) client.send({ type: 'lookAtHost', host: index });
        client.type(line === LEAVE ? LEAVE_KEY : `${line}\r`, index);
        if (!running) client.send({ type: 'run' });
      }}
    >
      <code>{line === LEAVE ? 'Ctrl-]' : line}</code>
      {host !== '' && <small> on {host}</small>}
    </button>
  );
}
