const LENGTH = 120;

/** Errors that differ in numbers alone are of one kind, but for an HTTP status. */
export function errorKind(error: string): string {
  const kind = error.replaceAll(/\d+/g, (digits) => (/^[45]\d\d$/.test(digits) ? digits : "N"));
  return kind.length > LENGTH ? `${kind.slice(0, LENGTH - 1)}…` : kind;
}

/** Whether the error contains the text, in any case, or is of the kind that it names. */
export function isOfError(error: string, wanted: string): boolean {
  const lower = wanted.toLowerCase();
  return error.toLowerCase().includes(lower) || errorKind(error).toLowerCase() === lower;
}
