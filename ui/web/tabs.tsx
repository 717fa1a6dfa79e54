/** Tabs as everybody knows them: one of them is a stop of the Tab key, the arrow keys go from one to the next. */
import type { ComponentChildren } from 'preact';

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Moves the focus among the tabs below `list`, and chooses the one that gets it. */
export function moveAmongTabs(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = tabs.findIndex((tab) => tab === document.activeElement);
  const next = at < 0 ? undefined : tabs[MOVES[event.key]?.(at, tabs.length) ?? -1];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.click();
}

export interface TabProps {
  readonly chosen: boolean;
  /** The id of the panel that it shows. */
  readonly panel: string;
  readonly title?: string;
  readonly choose: () => void;
  readonly children: ComponentChildren;
}

export function Tab({ chosen, panel, title, choose, children }: TabProps) {
  return (
    <button
      role="tab"
      aria-selected={chosen}
      aria-controls={panel}
      tabIndex={chosen ? 0 : -1}
      {...(title === undefined ? {} : { title })}
      onClick={choose}
    >
      {children}
    </button>
  );
}
