/** Bytes over all `Warning` headers of one answer (distribution-spec "Warnings"). */
const maximumBytes = 4096;

/** Takes texts for people; gives the values of the `Warning` headers, those that fit into the limit of the spec. */
export function formatWarnings(texts: readonly string[]): string[] {
  const headers: string[] = [];
  let left = maximumBytes;
  for (const text of texts) {
    const header = `299 - "${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
    left -= header.length;
    if (left < 0) break;
    headers.push(header);
  }
  return headers;
}
