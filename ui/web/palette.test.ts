/** The domains' colors: readable on the page in both themes, and told apart. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { domainColor, GUEST_COLORS, inkOn } from './palette.ts';
import type { Theme } from './palette.ts';

/** WCAG 2.2, 1.4.3: of text. */
const AA = 4.5;
const LEAST_DISTANCE = 20;
const STYLE = readFileSync(new URL('style/colours.css', import.meta.url), 'utf8');

const channels = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** WCAG's relative luminance, and contrast. */
function luminance(color: string): number {
  const [red, green, blue] = channels(color).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** What domains are drawn on, by the style sheet: the first is of the light theme. */
function grounds(theme: Theme): string[] {
  return ['--page', '--panel'].map((name) => {
    const found = [...STYLE.matchAll(new RegExp(`${name}: (#[0-9a-f]+);`, 'g'))][theme === 'light' ? 0 : 1];
    const color = found![1]!;
    return color.length === 7 ? color : `#${[...color.slice(1)].map((digit) => digit + digit).join('')}`;
  });
}

const DOMAINS = Array.from({ length: GUEST_COLORS + 2 }, (_, n) => n - 1);

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(DOMAINS)('domain %i can be read on the page, and what is written on it, too', (domain) => {
    const color = domainColor(domain, theme);
    expect(color).toMatch(/^#[0-9a-f]{6}$/);
    for (const ground of [...grounds(theme), inkOn(theme)])
      expect(contrast(color, ground), `${color} on ${ground}`).toBeGreaterThanOrEqual(AA);
  });

  it('no two are alike', () => {
    const colors = DOMAINS.map((domain) => channels(domainColor(domain, theme)));
    for (const [n, color] of colors.entries())
      for (const other of colors.slice(n + 1))
        expect(Math.hypot(...color.map((value, at) => value - other[at]!))).toBeGreaterThan(LEAST_DISTANCE);
  });

  it('a domain keeps its own, whatever its id is; domain 0 shares it with nobody', () => {
    for (let domain = 1; domain <= 0x7fef; domain += 97) {
      expect(domainColor(domain + GUEST_COLORS, theme)).toBe(domainColor(domain, theme));
      expect(domainColor(domain, theme)).not.toBe(domainColor(0, theme));
    }
  });
});
