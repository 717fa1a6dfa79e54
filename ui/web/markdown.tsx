/** Markdown as elements: what it says of HTML stays text, so that nothing gets into the page that is not made here. */
import { Lexer, marked } from 'marked';
import type { MarkedToken, Token, Tokens } from 'marked';
import type { ComponentChildren } from 'preact';

/** Shows a fenced block: what stands behind the fence, and what is in it; null: it is shown as code is. */
export type Fence = (language: string, text: string) => ComponentChildren | null;

export function Markdown({ text, fence = () => null }: { text: string; fence?: Fence }) {
  return <>{marked.lexer(text).map((token, n) => block(token as MarkedToken, n, fence))}</>;
}

/** What stands in a line. */
export function Words({ text }: { text: string }) {
  return <>{inlines(Lexer.lexInline(text))}</>;
}

function block(token: MarkedToken, key: number, fence: Fence): ComponentChildren {
  switch (token.type) {
    case 'paragraph':
      return <p key={key}>{inlines(token.tokens)}</p>;
    case 'text':
      return <span key={key}>{token.tokens === undefined ? token.text : inlines(token.tokens)}</span>;
    case 'list':
      return list(token, key, fence);
    case 'code':
      return (
        fence(token.lang ?? '', token.text) ?? (
          <pre key={key} tabIndex={0}>
            <code>{token.text}</code>
          </pre>
        )
      );
    case 'blockquote':
      return (
        <blockquote key={key}>
          {token.tokens.map((each, n) => block(each as MarkedToken, n, fence))}
        </blockquote>
      );
    case 'table':
      return table(token, key);
    case 'space':
      return null;
    default:
      return <p key={key}>{token.raw}</p>;
  }
}

function list(token: Tokens.List, key: number, fence: Fence): ComponentChildren {
  const items = token.items.map((item, n) => (
    <li key={n}>{item.tokens.map((each, m) => block(each as MarkedToken, m, fence))}</li>
  ));
  return token.ordered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
}

function table({ header, rows }: Tokens.Table, key: number): ComponentChildren {
  return (
    <table key={key}>
      <thead>
        <tr>
          {header.map((cell, n) => (
            <th key={n} scope="col">
              {inlines(cell.tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, n) => (
          <tr key={n}>
            {row.map((cell, m) => (
              <td key={m}>{inlines(cell.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inlines(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((token, key) => inline(token as MarkedToken, key));
}

function inline(token: MarkedToken, key: number): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong key={key}>{inlines(token.tokens)}</strong>;
    case 'em':
      return <em key={key}>{inlines(token.tokens)}</em>;
    case 'codespan':
      return <code key={key}>{token.text}</code>;
    case 'link':
      return (
        <a key={key} href={/^https?:/.test(token.href) ? token.href : '#'} target="_blank" rel="noreferrer">
          {inlines(token.tokens)}
        </a>
      );
    case 'text':
    case 'escape':
      return token.text;
    default:
      return token.raw;
  }
}
