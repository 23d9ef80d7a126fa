import type { z } from 'zod';

/** What one kind of message is called and carries; declared once, imported by its publisher and by every handler. */
export interface Contract<P> {
  /** `<kind>.<owner>.<noun>.<verb>`; on the wire an event's subject is followed by `.<00–15>`, its partition. */
  readonly subject: string;
  /** Receivers ignore fields they do not know: changes are additive. */
  readonly payload: z.ZodType<P>;
  /** One sentence: when it happens and what a receiver may rely on. */
  readonly happens: string;
}

const subjectPattern = /^event(?:\.[a-z][a-z-]*){3}$/;

/** Declares a fact that its owner publishes, verb in the past participle. Throws when the subject breaks the grammar. */
export function event<P>(subject: `event.${string}`, payload: z.ZodType<P>, happens: string): Contract<P> {
  if (!subjectPattern.test(subject)) throw new Error(`not a subject: ${subject}`);
  return Object.freeze({ subject, payload, happens });
}

/** The service that owns a contract, which is also the name of its database schema: the second word of the subject. */
export function ownerOf(contract: Pick<Contract<unknown>, 'subject'>): string {
  const owner = contract.subject.split('.')[1];
  if (!owner) throw new Error(`not a subject: ${contract.subject}`);
  return owner;
}
