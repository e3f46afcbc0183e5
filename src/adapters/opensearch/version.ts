import { asVersion, type Version } from "../../domain/version.ts";

type Numbers = { _seq_no: number; _primary_term: number };

/** `sequence number:primary term`, which OpenSearch compares on each guarded write. */
export function versionOf({ _seq_no: seqNo, _primary_term: primaryTerm }: Numbers): Version {
  return asVersion(`${seqNo}:${primaryTerm}`);
}

/** Those of a guarded write. */
export function guardOf(version: Version): { if_seq_no: number; if_primary_term: number } {
  const [seqNo, primaryTerm] = version.split(":");
  return { if_seq_no: Number(seqNo), if_primary_term: Number(primaryTerm) };
}
