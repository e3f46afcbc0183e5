import type { Gap } from "../domain/partial.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { Occurrences, VectorScope } from "./vector-index.ts";

/** Records with this group in their stamps; the times are absent where none of them has one. */
export type GroupCount = { group: string } & Occurrences;

/** `spans`: records that begin in each span of time, without empty ones, earliest first. */
export type GroupDetail = {
  group: string;
  /** Its newest record, with the head of its text. */
  example: LogRecord;
  spans: { from: number; records: number }[];
};

/** Records of these groups in a span of time, both ends included, in milliseconds since the epoch. */
export type GroupRun = { groups: readonly string[]; since: number; until: number };

/** How often records have each name of one kind. A record with several names counts for each. */
export type NameCounts = {
  /** The most frequent first, equally frequent ones by name. */
  names: { name: string; records: number }[];
  /** Records with another name than these. */
  others: number;
  /** Records without any. */
  unnamed: number;
};

/** The records of a run, and what they name: their hosts, and the versions of their service. */
export type RunNames = { records: number; hosts: NameCounts; versions: NameCounts };

/** Which records count: those of a search, by the same filter. */
export type GroupScope = Pick<VectorScope, "indices" | "filter">;

/**
 * Counts records by the groups in their stamps, exactly and as queries see them. Indices that have no mapping for groups, or
 * whose fields do not support the filter, are left out. Every method throws a Fault.
 */
export type GroupCounts = {
  /**
   * A page of all groups, or `only` of these, in the order of their ids. `from`: the `next` of the page before, absent for the
   * first one; `next` is absent after the last.
   */
  pageGroups(
    query: GroupScope & { from?: string; limit: number; only?: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ rows: GroupCount[]; next?: string; gaps: readonly Gap[] }>;
  /**
   * Of these groups, each that has a record in the scope, in any order. `spansSince`: spans are counted from that time on
   * (milliseconds since the epoch); absent: all of them.
   */
  describeGroups(
    query: GroupScope & { groups: readonly string[]; spanMs: number; spansSince?: number },
    signal: AbortSignal,
  ): Promise<{ rows: GroupDetail[]; gaps: readonly Gap[] }>;
  /**
   * What the records of each run name, in the order of the runs, at most `limit` names of each kind. Of at most 20 runs, whose number
   * times `limit` is at most 2,000, in one request. Where the count of a name may be too low, that is a gap.
   */
  countNames(
    query: { indices: readonly string[]; runs: readonly GroupRun[]; limit: number },
    signal: AbortSignal,
  ): Promise<{ rows: RunNames[]; gaps: readonly Gap[] }>;
  /** Records with a vector whose stamps name no group, of those indices that have any. */
  countUngrouped(
    indices: readonly string[],
    signal: AbortSignal,
  ): Promise<{ rows: { index: string; records: number }[]; gaps: readonly Gap[] }>;
};
