/** Whether the page is light or dark, for what a style sheet cannot draw. */
import { signal } from '@preact/signals';
import type { Theme } from './palette.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');
const themeOf = ({ matches }: { readonly matches: boolean }): Theme => (matches ? 'dark' : 'light');

export const theme = signal<Theme>(themeOf(dark));

dark.addEventListener('change', (change) => {
  theme.value = themeOf(change);
});
