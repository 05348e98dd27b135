/**
 * What goes first: a withdrawal, a return or a deletion; then what a person changed, and what is half done; then what is new, since many things may be made at
 * once; then intervals, resyncs and retries.
 */
export const PRIORITIES = ['urgent', 'edit', 'new', 'routine'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** The one of the two that goes first. */
export function higher(a: Priority, b: Priority): Priority {
  return PRIORITIES.indexOf(a) < PRIORITIES.indexOf(b) ? a : b;
}
