/** What the command's exit status means. */
export const EXIT_OK = 0;
export const EXIT_USAGE = 2;
export const EXIT_CRASHED = 3;
export const EXIT_ENDED_EARLY = 4;
export const EXIT_TIME_OUT = 5;
export const EXIT_BREAKPOINT = 6;

export const EXIT_HELP = `
Exit status:
  0  the --until text came, or the domain powered off (or rebooted) where none was asked for
  2  bad usage, or an image that cannot be read or is not a kernel
  3  the domain crashed
  4  the domain ended before the --until text came
  5  the time given by --for ran out
  6  the domain is at a --break line`;
