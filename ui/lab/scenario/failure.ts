/** What a scenario expected has not come. The message says what, where time stood, and what the console printed last. */
export class ScenarioFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScenarioFailure';
  }
}
