/** The editor: any file of Mote's kernel and programs; change it, build it here, boot it. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { describe, type Diagnostic } from '../../guests/toolchain/diagnostic.ts';
import { isOwnSource } from '../lab/lessons/code.ts';
import { requestOf, world } from './chosen-world.ts';
import { build, building, cancelBuild, diagnostics } from './build.ts';
import type { CodeEditor } from './code-editor.ts';
import { booted, change, edits, reset } from './edits.ts';
import { FileTree } from './file-tree.tsx';
import type { LabClient } from './lab-client.ts';
import { buildAndBegin, isThere, lessonOfSource } from './lesson-world.ts';

/** Whether the editor is open. */
export const editing = signal(false);

interface Place {
  readonly path: string;
  readonly line: number;
}

const place = signal<Place>({ path: 'mote/main.ts', line: 0 });
/** The texts as they came; null: not here yet. */
const originals = signal<ReadonlyMap<string, string> | null>(null);

/** Opens the editor at a line of a file (from 1; 0: the top). */
export function edit(path: string, line: number): void {
  place.value = { path, line };
  editing.value = true;
}

/** A student's kernel goes into the lesson's world; all else into one as it was booted last. */
async function buildAndBoot(client: LabClient): Promise<void> {
  const lesson = lessonOfSource(place.value.path);
  if (lesson !== undefined) {
    await buildAndBegin(client, lesson);
    return;
  }
  const changes = edits.value;
  try {
    const { isHost } = world.value;
    const images = await build(isHost);
    if (images === null) return;
    booted.value = changes;
    client.boot(
      requestOf(images),
      isHost ? 'a host with your Mote as domain 0' : 'your Mote as a single domain',
    );
  } catch (error) {
    client.error.value = error instanceof Error ? error.message : String(error);
  }
}

async function download(client: LabClient): Promise<void> {
  try {
    const images = await build(false);
    if (images === null) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([images.kernel.slice()]));
    link.download = 'mote.elf';
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    client.error.value = error instanceof Error ? error.message : String(error);
  }
}

export function Editor({ client }: { client: LabClient }) {
  useEffect(() => {
    void import('./guest-sources.ts').then(({ guestSources }) => {
      originals.value = guestSources;
    });
  }, []);
  const { path } = place.value;
  const busy = building.value !== null;
  const paths = pathsBeside(path);
  return (
    <section class="panel editor" aria-label="Editor" data-testid="editor" data-pane>
      <h2>
        {path} <small>{edits.value.has(path) ? 'changed; kept in this browser' : 'as it came'}</small>
      </h2>
      <div class="editor-bar">
        <button class="primary" disabled={busy} onClick={() => void buildAndBoot(client)}>
          Build &amp; boot
        </button>
        <small>{boots(client, path)}</small>
        <button
          hidden={lessonOfSource(path) !== undefined}
          disabled={busy}
          title="The kernel’s ELF file"
          onClick={() => void download(client)}
        >
          Download kernel
        </button>
        <button
          disabled={busy || !edits.value.has(path)}
          title="Back to the file as it came"
          onClick={() => {
            reset(path);
            place.value = { path, line: 0 };
          }}
        >
          Reset file
        </button>
        <button
          hidden={lessonOfSource(path) !== undefined}
          disabled={busy || edits.value.size === 0}
          onClick={() => {
            reset();
            place.value = { path, line: 0 };
          }}
        >
          Reset all
        </button>
        <span role="status">{busy ? `building ${building.value ?? ''} …` : ''}</span>
        {busy && <button onClick={cancelBuild}>Cancel the build</button>}
      </div>
      <div class="editor-body">
        {originals.value !== null && paths.length > 1 && (
          <FileTree
            paths={paths}
            changed={edits.value}
            current={path}
            open={(chosen) => {
              edit(chosen, 0);
            }}
          />
        )}
        <Code originals={originals.value} place={place.value} errors={diagnostics.value} />
      </div>
      <Errors errors={diagnostics.value} />
    </section>
  );
}

/** The sources that are listed: all, or, of a lesson, the student's. */
function pathsBeside(path: string): readonly string[] {
  const all = [...new Set([...(originals.value ?? new Map<string, string>()).keys(), ...edits.value.keys()])];
  const lesson = lessonOfSource(path);
  return lesson === undefined ? all : all.filter((each) => isOwnSource(lesson, each));
}

/** What Build & boot boots, in words. */
function boots(client: LabClient, path: string): string {
  const lesson = lessonOfSource(path);
  if (lesson === undefined)
    return `${world.value.isHost ? 'a host, as now' : 'a single domain'}; breakpoints stay`;
  return isThere(client, lesson) ? 'the lesson’s world, anew' : `the world of the lesson “${lesson.title}”`;
}

function Code(props: {
  originals: ReadonlyMap<string, string> | null;
  place: Place;
  errors: readonly Diagnostic[];
}) {
  const { originals: texts, place: shown, errors } = props;
  const parent = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  useEffect(() => {
    let gone = false;
    void import('./code-editor.ts').then(({ makeEditor }) => {
      if (gone || texts === null) return;
      editor.current ??= makeEditor(parent.current!);
      const original = texts.get(shown.path);
      const text = edits.value.get(shown.path) ?? original ?? '';
      editor.current.open(shown.path, text, shown.line, (now) => {
        change(shown.path, now, original);
      });
      editor.current.mark(diagnostics.value.filter(({ file }) => file === shown.path));
    });
    return () => {
      gone = true;
    };
  }, [texts, shown]);
  useEffect(() => {
    editor.current?.mark(errors.filter(({ file }) => file === shown.path));
  }, [errors]);
  useEffect(
    () => () => {
      editor.current?.dispose();
    },
    [],
  );
  return <div class="code-editor" ref={parent} />;
}

/** What is wrong, each a way to its line. */
function Errors({ errors }: { errors: readonly Diagnostic[] }) {
  if (errors.length === 0) return null;
  return (
    <div role="alert">
      <ol class="errors" data-testid="build-errors">
        {errors.map((error, n) => (
          <li key={n}>
            <button
              disabled={error.file === ''}
              onClick={() => {
                edit(error.file, error.line);
              }}
            >
              {describe(error)}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
