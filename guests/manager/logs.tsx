/** What xend has logged, and what Xen has said. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { logOf } from './api.ts';
import type { Place } from './api.ts';

const KINDS = ['xend', 'dmesg'] as const;
const LOOK_MS = 3000;

export function Logs({ place }: { readonly place: Place }): JSX.Element {
  const [kind, setKind] = useState<(typeof KINDS)[number]>('xend');
  const [text, setText] = useState('');
  const look = (): void => {
    void logOf(place, kind).then(setText, () => undefined);
  };
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [place, kind]);
  return (
    <section class="logs" aria-label="logs">
      <nav role="tablist">
        {KINDS.map((each) => (
          <button
            type="button"
            role="tab"
            key={each}
            aria-selected={kind === each}
            onClick={() => {
              setKind(each);
            }}
          >
            {each === 'xend' ? 'xend’s log' : 'Xen’s messages'}
          </button>
        ))}
      </nav>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
