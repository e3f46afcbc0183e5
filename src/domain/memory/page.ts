/** One page of what is kept, in an order that later writes do not disturb. */
export type Page<T> = {
  items: T[];
  /** Documents left out because they are not of the expected form. */
  unreadable: number;
  /** Where the next page begins; absent: there is none. */
  next?: string;
};

/** `from`: the `next` of the page before. */
export type PageQuery = { limit: number; from?: string };

/** A position in an order by time and id. `ms`: milliseconds since the epoch. */
export type PageMark = { ms: number; id: string };

/** Opaque to callers, and fit for an address. */
export function writePageMark({ ms, id }: PageMark): string {
  return Buffer.from(`${ms} ${id}`).toString("base64url");
}

/** Undefined where it is none. */
export function readPageMark(text: string): PageMark | undefined {
  const [, ms, id] =
    /^(-?\d{1,16}) (\S{1,600})$/.exec(Buffer.from(text, "base64url").toString()) ?? [];
  return ms === undefined || id === undefined ? undefined : { ms: Number(ms), id };
}
