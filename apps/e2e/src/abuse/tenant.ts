import { RegistryView, Role } from '@ncr/contracts';
import { Image, image } from '../content';
import { Repository } from '../repository';
import { AccessKey, Session, Suite } from '../suite';

/** A person with an access key. */
export interface Person {
  readonly id: string;
  readonly key: AccessKey;
}

/** A registry, a person who alone may do everything in it, and an image there: `<registry>/app:v1`. */
export interface Tenant extends Person {
  readonly registry: RegistryView;
  readonly repository: Repository;
  readonly image: Image;
}

const password = 'tenants-only-5b81d0';

export async function makePerson(suite: Suite, role?: Role, registry?: RegistryView): Promise<Person> {
  const name = `${Session.freshName('person')}@example.com`;
  const { id } = await suite.admin.createAccount({ name, password });
  if (role) await suite.admin.grant(id, role, registry?.id);
  const session = await suite.signIn(name, password);
  return { id, key: await session.createAccessKey() };
}

export async function makeTenant(suite: Suite, options: { anonymousPull?: boolean } = {}): Promise<Tenant> {
  const registry = await suite.admin.createRegistry(Session.freshName('tenant'), options);
  const person = await makePerson(suite, 'project-admin', registry);
  const repository = new Repository(suite, `${registry.name}/app`, person.key);
  const pushed = image();
  await repository.push(pushed, 'v1');
  return { ...person, registry, repository, image: pushed };
}

/** `repository:<name>:<actions>`, all three when they are not named. */
export function scopeOf(repository: string, actions = 'pull,push,delete'): string {
  return `repository:${repository}:${actions}`;
}
