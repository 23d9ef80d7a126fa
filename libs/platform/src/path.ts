const doubtful = /[\\\p{Cc} ]|\/\/|%(?![0-9A-Fa-f]{2})/u;
const dots = /(?:^|\/)\.{1,2}(?:\/|$)/;
/** Characters that nobody has a reason to encode (RFC 3986, 2.3), the backslash, and control characters. */
const disguised = /%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9Aa]|5[CcFf]|6[1-9A-Fa-f]|7[0-9AaEe]|[01][0-9A-Fa-f]|7[Ff])/;

/**
 * Whether a request target is an absolute path that every reader understands alike: no `//`, no dot segments, nothing
 * encoded that needs no encoding (AC-01, SR-8). The query is not looked at.
 */
export function isPlainTarget(target: string): boolean {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return (
    path.startsWith('/') && !path.includes('#') && !doubtful.test(path) && !dots.test(path) && !disguised.test(path)
  );
}
