/** The colors of domains as styles: the theme's own. */
import type { StageHost } from '../../lab/stage/view.ts';
import { domainColor, inkOn } from '../palette.ts';

export function colorOf(domain: number): string {
  return `light-dark(${domainColor(domain, 'light')}, ${domainColor(domain, 'dark')})`;
}

export const INK = `light-dark(${inkOn('light')}, ${inkOn('dark')})`;

/** A name in so many CSS pixels, of letters that are so wide. */
export function fitted(text: string, width: number, letter = 7): string {
  const letters = Math.max(1, Math.floor(width / letter));
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** What a domain is called: its name, or its id where it has none yet. */
export function domainName({ id, name }: { readonly id: number; readonly name: string }): string {
  return name === '' ? `domain ${String(id)}` : name;
}

/** What the domains of a host are called, by id. */
export function namesIn(host: StageHost): (id: number) => string {
  return (id) => {
    const domain = host.domains.find((each) => each.id === id);
    return domain === undefined ? `domain ${String(id)}` : domainName(domain);
  };
}
