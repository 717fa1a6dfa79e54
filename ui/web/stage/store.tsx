/** The store as a tree: what has changed since it was looked at last stands out. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { StageView, StoreView as StoreNode } from '../../lab/stage/view.ts';
import { isSame, selected } from './selected.ts';

/** Nodes that are closed, by path; the others are open down to this depth. */
const toggled = signal<ReadonlySet<string>>(new Set());
const OPEN_DEPTH = 4;
/** Which host's is shown. */
const of = signal(0);

function flatten(node: StoreNode, path: string, into: Map<string, string>): Map<string, string> {
  into.set(path, node.value);
  for (const child of node.children) flatten(child, `${path}/${child.name}`, into);
  return into;
}

export function StoreView({ view }: { view: StageView }) {
  const index = Math.min(of.value, view.hosts.length - 1);
  const store = view.hosts[index]?.store;
  const root = store?.root ?? null;
  const before = useBefore(root);
  return (
    <div class="store-lens scroll" tabIndex={0} role="group" aria-label="The store" data-testid="store">
      {view.hosts.length > 1 && (
        <label>
          Store of{' '}
          <select
            value={String(index)}
            onChange={({ currentTarget: { value } }) => {
              of.value = Number(value);
            }}
          >
            {view.hosts.map(({ name }, n) => (
              <option key={n} value={n}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {root === null ? (
        <p class="hint">{store?.silent ?? 'Nobody has asked it yet.'}</p>
      ) : (
        <ul class="store-tree">
          {root.children.map((child) => (
            <Node
              key={child.name}
              node={child}
              path={`/${child.name}`}
              depth={1}
              before={before}
              host={index}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

/** All values of the tree before this one; null: there was none. */
function useBefore(root: StoreNode | null): ReadonlyMap<string, string> | null {
  const held = useRef<{ now: StoreNode | null; before: ReadonlyMap<string, string> | null }>({
    now: null,
    before: null,
  });
  useEffect(() => {
    const { current } = held;
    if (root === null || root === current.now) return;
    if (current.now !== null && JSON.stringify(current.now) === JSON.stringify(root)) return;
    held.current = { now: root, before: current.now === null ? null : flatten(current.now, '', new Map()) };
  }, [root]);
  const { now, before } = held.current;
  if (now === null || root === null || root === now) return before;
  return JSON.stringify(now) === JSON.stringify(root) ? before : flatten(now, '', new Map());
}

interface NodeProps {
  readonly node: StoreNode;
  readonly path: string;
  readonly depth: number;
  readonly before: ReadonlyMap<string, string> | null;
  readonly host: number;
}

function Node({ node, path, depth, before, host }: NodeProps) {
  const { name, value, children } = node;
  const isNew = before !== null && before.get(path) !== value;
  const isOpen = depth <= OPEN_DEPTH !== toggled.value.has(path);
  const thing = { kind: 'node', path } as const;
  return (
    <li>
      {children.length > 0 && (
        <button
          class="twist"
          aria-expanded={isOpen}
          aria-label={`${path}, ${String(children.length)} below it`}
          onClick={() => {
            const next = new Set(toggled.value);
            if (!next.delete(path)) next.add(path);
            toggled.value = next;
          }}
        >
          {isOpen ? '▾' : '▸'}
        </button>
      )}
      <button
        class={`node${isNew ? ' changed' : ''}`}
        aria-pressed={isSame(selected.value, host, thing)}
        onClick={() => {
          selected.value = { host, thing };
        }}
      >
        {name}
        {value !== '' && (
          <>
            {' '}
            = <code>{value}</code>
          </>
        )}
      </button>
      {isOpen && children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Node
              key={child.name}
              node={child}
              path={`${path}/${child.name}`}
              depth={depth + 1}
              before={before}
              host={host}
            />
          ))}
        </ul>
      )}
    </li>
  );
}
