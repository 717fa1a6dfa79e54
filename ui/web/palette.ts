/**
 * A color for each domain, the same everywhere on the page: stage, timeline, tables. All of a theme have a contrast of 4.5 and
 * more with the page's ground and panels (WCAG 2.2 AA for text), and so has what is written on them (`ink`).
 *
 * Made in OKLCH: ten hues, neighbours far apart on the circle, in two lightnesses. Twenty cannot be told apart by color alone:
 * whoever draws a domain writes its name, too.
 */
export type Theme = 'light' | 'dark';

/** sRGB as `#rrggbb`, in the light theme and in the dark one. */
type Pair = Readonly<Record<Theme, string>>;

const pair = (light: string, dark: string): Pair => ({ light, dark });

/** Of domain 0, and of nobody else. */
const PRIVILEGED = pair('#226bc0', '#9dc7fe');
/** Of the others, in the order of their ids, over and over. */
const GUESTS: readonly Pair[] = [
  pair('#a94e00', '#ffae81'),
  pair('#00823a', '#83dc97'),
  pair('#95489b', '#efa6f2'),
  pair('#7f6a03', '#dec358'),
  pair('#017b80', '#34dde5'),
  pair('#b13e4f', '#fea9af'),
  pair('#6d58bb', '#c3baff'),
  pair('#5a7803', '#b1d372'),
  pair('#07769c', '#6fd2ff'),
  pair('#773501', '#de844f'),
  pair('#025a26', '#5cb572'),
  pair('#702376', '#c781cb'),
  pair('#594900', '#b89d2b'),
  pair('#055559', '#09b4bb'),
  pair('#89132f', '#e37a84'),
  pair('#4d3494', '#9e8fe9'),
  pair('#3e5302', '#8cac4b'),
  pair('#04526d', '#28acdf'),
];
/** Of Xen itself, the hardware, and whoever is no domain. */
const NOBODY = pair('#566070', '#a3afbd');
/** What is written on any of them. */
const INK = pair('#ffffff', '#14181e');

function pairOf(domain: number): Pair {
  if (domain < 0) return NOBODY;
  return domain === 0 ? PRIVILEGED : GUESTS[(domain - 1) % GUESTS.length]!;
}

/** `#rrggbb` of a domain by its id; below 0: of Xen itself. */
export function domainColor(domain: number, theme: Theme): string {
  return pairOf(domain)[theme];
}

/** What is written on a domain's color. */
export function inkOn(theme: Theme): string {
  return INK[theme];
}

/** How many guests have a color that none of the others has. */
export const GUEST_COLORS = GUESTS.length;
