const day = 24 * 60 * 60 * 1000;

/** How long a key signs. */
export const signingPeriod = 30 * day;
/** How long a key is still published after its last signature: longest token life (12 h), a lenient clock, and then some. */
export const publishedAfter = day;
/** How long a key is published before its first signature, so that every verifier has it. */
export const publishedBefore = 60 * 60 * 1000;

/** A key as far as time is concerned. */
export interface Turn {
  readonly kid: string;
  readonly activatesAt: Date;
}

/** What has to happen now, given all keys: which to make (with the moment from which they sign), which to forget. */
export function rotation(keys: readonly Turn[], now: Date): { make: Date[]; forget: string[] } {
  const inOrder = [...keys].sort((a, b) => a.activatesAt.getTime() - b.activatesAt.getTime());
  const current = signingKey(inOrder, now);
  const make: Date[] = [];
  if (!current) make.push(now);
  if (!inOrder.some((key) => key.activatesAt > now)) {
    const due = (current?.activatesAt ?? now).getTime() + signingPeriod;
    make.push(new Date(Math.max(due, now.getTime() + publishedBefore)));
  }
  const forget = inOrder
    .filter((_, index) => {
      const next = inOrder[index + 1];
      return next !== undefined && next.activatesAt.getTime() + publishedAfter < now.getTime();
    })
    .map((key) => key.kid);
  return { make, forget };
}

/** The key that signs now: the last one whose time has come. */
export function signingKey<T extends Turn>(keys: readonly T[], now: Date): T | undefined {
  return keys
    .filter((key) => key.activatesAt <= now)
    .reduce<T | undefined>((last, key) => (last && last.activatesAt > key.activatesAt ? last : key), undefined);
}
