type Header = readonly [name: string, value: Buffer | null];

const NAMES = ["traceparent", "tracestate"] as const;
/** W3C lets a tracestate be cut at this length. */
const MAX_CHARACTERS = 512;

/** The trace headers of a message; names in any case. */
export function traceHeadersIn(
  headers: readonly Header[],
): Partial<Record<(typeof NAMES)[number], string>> {
  const found: Partial<Record<(typeof NAMES)[number], string>> = {};
  for (const [given, value] of headers) {
    const name = NAMES.find((known) => known === given.toLowerCase());
    if (name === undefined || value === null || value.length > MAX_CHARACTERS) continue;
    found[name] ??= value.toString("latin1");
  }
  return found;
}
