/** The browser that the page is tried in. */
import { existsSync } from 'node:fs';

/** The one that the environment names (CHROMIUM), or the distribution's; undefined where there is none. */
export const CHROMIUM =
  process.env['CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

export const BROWSER_ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
