import { NameInvalid } from './errors';

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pattern = new RegExp(`^${component}(?:/${component})*$`);

/** Longest repository name; clients cap `host[:port]/name` at 255 characters, so a server subtracts its host. */
export const maximumNameLength = 255;

/** `<registry>/<image>`: a repository name of the distribution-spec ("Pulling manifests"), already checked. */
export class RepositoryName {
  private constructor(private readonly text: string) {}

  /** Throws {@link NameInvalid} when the text breaks the grammar or is longer than `limit` characters. */
  static parse(text: string, limit = maximumNameLength): RepositoryName {
    if (text.length > limit) throw new NameInvalid(`repository name is longer than ${limit} characters`);
    if (!pattern.test(text)) {
      throw new NameInvalid('repository name must be lower-case letters and digits, separated by . _ __ - or /');
    }
    return new RepositoryName(text);
  }

  /** The first component: the registry (tenant) that a user created. */
  get registry(): string {
    const slash = this.text.indexOf('/');
    return slash < 0 ? this.text : this.text.slice(0, slash);
  }

  /** What follows the registry, or the empty string: `app/web` of `team/app/web`. */
  get image(): string {
    const slash = this.text.indexOf('/');
    return slash < 0 ? '' : this.text.slice(slash + 1);
  }

  equals(other: RepositoryName): boolean {
    return this.text === other.text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}
