import { Digest } from '@ncr/oci';
import { alreadyHeld, entityTag } from './entity-tag';

const digest = Digest.of('sha256', 'a'.repeat(64));
const tag = entityTag(digest);

test.each([tag, `W/${tag}`, digest.toString(), `"x", ${tag}`, `"x",W/${tag} , "y"`, '*'])(
  'If-None-Match: %s holds the content',
  (header) => expect(alreadyHeld(header, digest)).toBe(true),
);

test.each(['', '"x"', `"${digest.hex}"`, 'W/', `'${digest.toString()}'`])('If-None-Match: %s does not', (header) =>
  expect(alreadyHeld(header, digest)).toBe(false),
);
