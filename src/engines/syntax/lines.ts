/**
 * Neighbours together, as many as one line holds.
 *
 * @param isShort - whether these are no longer than a line together
 */
export function inLines(
  texts: readonly string[],
  isShort: (some: readonly string[]) => boolean,
): readonly (readonly string[])[] {
  const lines: string[][] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && isShort([...last, text])) last.push(text);
    else lines.push([text]);
  }
  return lines;
}
