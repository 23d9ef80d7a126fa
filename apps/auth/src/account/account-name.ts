const pattern = /^[^\s\p{Cc}@:,"'<>\\]+@[^\s\p{Cc}@:,"'<>\\]+$/u;

/**
 * The stored form of a name that looks like an e-mail address: NFC, lower case. Undefined when the text is none; a colon
 * can never occur, because Basic ends the user name there.
 */
export function accountName(text: string): string | undefined {
  const name = text.normalize('NFC').toLowerCase();
  return name.length <= 254 && pattern.test(name) ? name : undefined;
}
