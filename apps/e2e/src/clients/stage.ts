import { RegistryView } from '@ncr/contracts';
import { AccessKey, Session, Suite } from '../suite';
import { Desk, findProgram } from './program';

/** What a client's tests play on: a running suite, a registry in it, a key for it, and a desk for the client. */
export class Stage {
  suite!: Suite;
  desk!: Desk;
  registry!: RegistryView;
  key!: AccessKey;

  /** `<host>/<registry>/<image>`, as clients want it. */
  named(image: string): string {
    return `${this.suite.host}/${this.registry.name}/${image}`;
  }

  async set(): Promise<void> {
    this.suite = await Suite.start();
    this.registry = await this.suite.admin.createRegistry(Session.freshName('clients'));
    this.key = await this.suite.admin.createAccessKey();
    this.desk = new Desk();
  }

  async strike(): Promise<void> {
    await this.suite?.stop();
    this.desk?.remove();
  }
}

/** Defines tests that drive these programs; where one is missing, a single skipped test says which. */
export function describeClient(title: string, programs: readonly string[], tests: (stage: Stage) => void): void {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) {
    test.skip(`${title} (not installed: ${missing.join(', ')}; bash tools/clients.sh gets them)`, () => {});
    return;
  }
  describe(title, () => {
    const stage = new Stage();
    beforeAll(() => stage.set());
    tests(stage);
    afterAll(() => stage.strike()); // after theirs: hooks run in the order in which they are defined
  });
}
