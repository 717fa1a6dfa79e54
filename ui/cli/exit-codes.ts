/** What the command's exit status means. */
export const EXIT_OK = 0;
/** As test runners say it. */
export const EXIT_SCENARIO_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_CRASHED = 3;
export const EXIT_ENDED_EARLY = 4;
export const EXIT_TIME_OUT = 5;
export const EXIT_BREAKPOINT = 6;
export const EXIT_HOST_CRASHED = 7;
export const EXIT_DIFFERS = 8;
/** As a shell reports a process that SIGPIPE ended: 128 + 13. */
export const EXIT_NO_READER = 141;

export const EXIT_HELP = `
Exit status:
  0  the --until text came; where nothing was waited for, a domain powered off, or one that is alone rebooted, or you left it
  2  bad usage, or a file that cannot be read or is not what it should be; or a command of a debugger's script failed
  3  the domain crashed
  4  before the --until text or a --break line came, the domain ended, or you left it; or it waits for ever
  5  the time given by --for ran out; or the input had ended, and the console was silent for ten minutes of guest time
  6  the domain is at a --break line
  7  the host crashed: a fault of Xen's own, with a report on stderr
  8  a replay came to another state than the recording at a mark, which is named on stderr
  141  whoever read the output has gone`;

export const EXIT_HELP_TEST = `
Exit status:
  0  all scenarios ran, and what they expect is so
  1  a scenario failed
  2  bad usage, or a file that cannot be read or has no scenario
  7  a host crashed: a fault of Xen's own`;

export const EXIT_HELP_EXPLORE = `
A campaign that was ended, however, goes on by the same command. Seeds that fail are on standard output, each with its
recording; one of them is shrunk to the fewest variations with which it still fails.

Exit status:
  0  no seed failed
  1  a seed failed; or the scenario fails without one
  2  bad usage, or a file that cannot be read, has no scenario, or is of another campaign
  7  a host crashed with a seed: a fault of Xen's own`;

export const EXIT_HELP_GRADE = `
Exit status:
  0  all steps of the lesson hold
  1  a step does not hold, or there is no evidence of it
  2  bad usage, or a file that cannot be read, is no result, or is of another version
  7  the host crashed: a fault of Xen's own`;
