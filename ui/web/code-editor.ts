/** The editor component: CodeMirror, for one text at a time. Imported when the editor is first opened. */
import { javascript } from '@codemirror/lang-javascript';
import { defaultHighlightStyle, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { tags } from '@lezer/highlight';
import { basicSetup, EditorView } from 'codemirror';
import type { Diagnostic } from '../../guests/toolchain/diagnostic.ts';

export interface CodeEditor {
  /** Shows a text, from a line on (from 1; 0: from the top). `onChange` hears what becomes of it. */
  open(path: string, text: string, line: number, onChange: (text: string) => void): void;
  /** Marks the errors of the text that is shown; only those of lines that are there. */
  mark(errors: readonly Diagnostic[]): void;
  dispose(): void;
}

const THEME = EditorView.theme({
  '&': { height: '100%', fontSize: '12px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, monospace' },
  '.cm-gutters': { background: 'var(--panel)', color: 'var(--dim)', borderColor: 'var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': {
    background: 'color-mix(in srgb, var(--accent) 10%, transparent)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-tooltip, .cm-panels': { background: 'var(--panel)', color: 'var(--text)' },
});

/** The usual colours, but for those that are too pale for small letters on white, or on the line that one is at. */
const COLOURS = HighlightStyle.define([
  ...defaultHighlightStyle.specs,
  { tag: [tags.regexp, tags.escape, tags.special(tags.string)], color: '#b3261e' },
  { tag: [tags.typeName, tags.namespace], color: '#075c3d' },
]);

export function makeEditor(parent: HTMLElement): CodeEditor {
  let view: EditorView | undefined;
  return {
    open(path, text, line, onChange) {
      view?.destroy();
      const heard = EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(update.state.doc.toString());
      });
      const language = path.endsWith('.ts') ? [javascript({ typescript: true })] : [];
      view = new EditorView({
        doc: text,
        parent,
        extensions: [
          basicSetup,
          language,
          syntaxHighlighting(COLOURS),
          lintGutter(),
          THEME,
          // Who scrolls by the keyboard has to come here.
          EditorView.contentAttributes.of({ 'aria-label': path, tabindex: '0' }),
          heard,
        ],
      });
      if (line > 0 && line <= view.state.doc.lines) {
        const { from } = view.state.doc.line(line);
        view.dispatch({
          selection: { anchor: from },
          effects: EditorView.scrollIntoView(from, { y: 'center' }),
        });
      }
      view.focus();
    },
    mark(errors) {
      if (view === undefined) return;
      const { doc } = view.state;
      const marks = errors
        .filter(({ line }) => line >= 1 && line <= doc.lines)
        .map(({ line, column, message, severity }) => {
          const { from, to } = doc.line(line);
          return { from: Math.min(from + Math.max(column - 1, 0), to), to, message, severity };
        });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    dispose() {
      view?.destroy();
    },
  };
}
