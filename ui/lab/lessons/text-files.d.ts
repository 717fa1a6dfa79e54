/** The words of a lesson, as scripts/bundle.js and scripts/page.ts import them. */
declare module '*.md' {
  const text: string;
  export default text;
}
