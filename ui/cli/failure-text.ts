/** What went wrong in a scenario, as it is told: what is expected says all; of anything else, its place is told. */
export function told({ name, message, stack }: Error): string {
  return name === 'ScenarioFailure' || name === 'HostCrash' ? message : (stack ?? message);
}
