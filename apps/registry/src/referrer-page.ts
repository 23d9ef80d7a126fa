import { Descriptor, Listed } from '@ncr/oci';

/** Rows read for one page. */
export const referrerRows = 1000;

/** A page must fit into the 4 MiB that clients read of a manifest; some room stays for the index around it. */
const pageBytes = 4 * 1024 * 1024 - 4096;

/** Cuts the rows to what fits into one answer; one that fits alone is always given. */
export function referrerPage(rows: readonly Descriptor[]): Listed<Descriptor> {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return index > 0 && bytes > pageBytes;
  });
  const entries = end < 0 ? rows.slice(0, referrerRows) : rows.slice(0, end);
  return { entries, more: entries.length < rows.length };
}
