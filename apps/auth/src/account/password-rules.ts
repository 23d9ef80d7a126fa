/** Characters that a password has at least and at most; nothing of it is ever cut off (AC-63). */
export const minimumPassword = 12;
export const maximumPassword = 128;

/**
 * Passwords that are long enough and in every dictionary, or printed in this product's or a neighbour's documentation
 * (AC-61). Compared in lower case.
 */
const known = new Set([
  '123456789012',
  '1234567890123',
  '12345678901234',
  '123123123123',
  '111111111111',
  '000000000000',
  'administrator',
  'adminadminadmin',
  'changemechangeme',
  'changeme1234',
  'changeme12345',
  'harbor123456',
  'letmeinletmein',
  'passw0rd1234',
  'password1234',
  'password12345',
  'password123456',
  'passwordpassword',
  'qwerty123456',
  'qwertyuiop12',
  'qwertyuiopas',
  'registry1234',
  'supersecretpassword',
  'your-password',
  'your-password-here',
]);

/** The form in which passwords are hashed and compared: Unicode NFC, as keyboards differ. */
export function normalPassword(text: string): string {
  return text.normalize('NFC');
}

/** Why the text may not become the password of the account; undefined when it may. */
export function weakness(password: string, accountName: string): 'too-short' | 'too-long' | 'well-known' | undefined {
  const normal = normalPassword(password);
  const length = [...normal].length;
  if (length < minimumPassword) return 'too-short';
  if (length > maximumPassword) return 'too-long';
  const lower = normal.toLowerCase();
  if (known.has(lower) || lower === accountName || new Set(lower).size < 3) return 'well-known';
  return undefined;
}
