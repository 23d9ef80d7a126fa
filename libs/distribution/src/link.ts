/** Gives a `Link` header that leads to the next page (RFC 8288). */
export function formatNextLink(target: string): string {
  return `<${target}>; rel="next"`;
}

const parameter = /\s*;\s*([A-Za-z0-9!#$&+.^_`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;
const reference = /[\s,]*<([^<>]*)>/y;

/** Takes a `Link` header; gives the target of the link whose relation is `next`, as it stands there. */
export function parseNextLink(header: string): string | undefined {
  let position = 0;
  for (;;) {
    reference.lastIndex = position;
    const link = reference.exec(header);
    if (link === null) return undefined;
    position = reference.lastIndex;
    let next = false;
    for (;;) {
      parameter.lastIndex = position;
      const found = parameter.exec(header);
      if (found === null) break;
      position = parameter.lastIndex;
      const [, name = '', quoted, token] = found;
      const relations = (quoted ?? token ?? '').toLowerCase().split(/\s+/);
      if (name.toLowerCase() === 'rel' && relations.includes('next')) next = true;
    }
    if (next) return link[1];
  }
}
