/** What the hypervisor does, live: hypercalls with arguments and results, and the steps inside them. */
import { useEffect, useRef } from 'preact/hooks';
import type { TraceLine } from '../lab/protocol.ts';
import { shownDomain } from './details.tsx';
import { isStrings, kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';

/** Lines in the document at once: the newest that pass the filter. */
const SHOWN_LINES = 300;

/** What can be shown or hidden, and the kinds of event it stands for. */
const GROUPS: readonly {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly title: string;
}[] = [
  {
    name: 'hypercalls',
    kinds: ['hypercall', 'domctl', 'platform_op'],
    title: 'Calls from the guest’s kernel into Xen',
  },
  {
    name: 'events',
    kinds: ['upcall', 'port', 'virq', 'timer'],
    title: 'Event channels: ports raised, upcalls, timers',
  },
  {
    name: 'traps',
    kinds: ['trap', 'failsafe', 'page_fault', 'math_state_restore'],
    title: 'Exceptions that Xen hands to the guest',
  },
  {
    name: 'emulation',
    kinds: ['emulated', 'cpuid', 'ptwr'],
    title: 'Privileged instructions and page-table writes that Xen does for the guest',
  },
  {
    name: 'memory',
    kinds: [
      ...['page_type', 'validate', 'invalidate', 'pin', 'unpin', 'page', 'tlb'],
      ...['entry', 'mmuext', 'shadow_op', 'page_info'],
    ],
    title: 'Frames: types taken, tables validated',
  },
  { name: 'xenstore', kinds: ['xenstore'], title: 'Messages between a domain and the store’s server' },
  { name: 'scheduling', kinds: ['schedule', 'vcpu'], title: 'Who runs, who blocks, who wakes' },
];

const hidden = kept<readonly string[]>('hidden', [], isStrings);

function toggle(name: string): void {
  const others = hidden.value.filter((each) => each !== name);
  hidden.value = others.length < hidden.value.length ? others : [...others, name];
}

function visible(lines: readonly TraceLine[], only: number | null): readonly TraceLine[] {
  const kinds = new Set(
    GROUPS.filter(({ name }) => hidden.value.includes(name)).flatMap((group) => group.kinds),
  );
  if (kinds.size === 0 && only === null) return lines.slice(-SHOWN_LINES);
  const passing = lines.filter((line) => !kinds.has(line.kind) && (only === null || line.domain === only));
  return passing.slice(-SHOWN_LINES);
}

export function TraceList({ client }: { client: LabClient }) {
  const list = useRef<HTMLOListElement>(null);
  const atBottom = useRef(true);
  const tabs = client.consoles.tabs.value;
  const several = tabs.length > 1;
  const { follows, shown } = client.state.value;
  const lines = visible(client.trace.value, follows || !several ? null : shown);
  // Only what the reader does decides whether the list follows: scrolling by hand moves away from the end or back to it.
  const follow = (): void => {
    requestAnimationFrame(() => {
      const element = list.current;
      if (element === null) return;
      const { scrollTop, scrollHeight, clientHeight } = element;
      atBottom.current = scrollHeight - scrollTop - clientHeight < 24;
    });
  };
  useEffect(() => {
    const element = list.current;
    if (element !== null && atBottom.current) element.scrollTop = element.scrollHeight;
  }, [lines.at(-1)?.sequence]);
  return (
    <section class="panel trace" aria-label="Hypervisor" data-pane>
      <h2>
        Hypervisor{' '}
        <small>
          what Xen does{follows || !several ? '' : ` for ${shownDomain(client)} alone`}, newest last
        </small>
        {client.dropped.value > 0 && (
          <small> · {client.dropped.value.toLocaleString('en')} events too fast to show</small>
        )}
      </h2>
      <div class="filters">
        {GROUPS.map(({ name, title }) => (
          <label key={name} title={title}>
            <input
              type="checkbox"
              checked={!hidden.value.includes(name)}
              onChange={() => {
                toggle(name);
              }}
            />
            {name}
          </label>
        ))}
      </div>
      <ol
        ref={list}
        tabIndex={0}
        aria-label="What Xen does"
        data-testid="trace"
        onWheel={follow}
        onKeyUp={follow}
        onPointerUp={follow}
      >
        {lines.map((line) => (
          <Line key={line.sequence} line={line} several={several} />
        ))}
      </ol>
    </section>
  );
}

function Line({ line, several }: { line: TraceLine; several: boolean }) {
  const failed = line.result.startsWith('-');
  return (
    <li class={line.kind} style={{ paddingLeft: `${String(0.4 + line.depth)}em` }}>
      <time>{(line.ns / 1e9).toFixed(6)}</time>{' '}
      {several && <i>{line.domain < 0 ? 'xen' : `d${String(line.domain)}v${String(line.vcpu)}`} </i>}
      <b>{line.name}</b>
      <span class="args">{line.kind === 'hypercall' ? `(${line.args})` : ` ${line.args}`}</span>
      {line.result !== '' && <span class={failed ? 'result failed' : 'result'}> = {line.result}</span>}
    </li>
  );
}
