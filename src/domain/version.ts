declare const version: unique symbol;

/** Which state of a record was read, as its store says it: only the store's adapter reads more of it than whether two are equal. */
export type Version = string & { readonly [version]: true };

export function asVersion(text: string): Version {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where a text becomes a version
  return text as Version;
}

/** That no record has: what is read of one with it counts as changed. */
export const NO_VERSION = asVersion("");
