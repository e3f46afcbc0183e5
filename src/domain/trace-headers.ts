/** A header of a Kafka message. */
type Header = readonly [name: string, value: Buffer | null];

const NAMES = ["traceparent", "tracestate"] as const;
/** As long as W3C allows a tracestate to be cut. */
const MAX_CHARACTERS = 512;

/** What the headers of a message say of the trace that it comes from; names are compared in any case. */
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
