import { Fault } from "../../../domain/faults.ts";
import { MemoryFault, type MemoryProblem } from "../../../domain/memory/memory-fault.ts";
import { refusalOf } from "../faults.ts";

const PROBLEM_OF_TYPE: Readonly<Record<string, MemoryProblem>> = {
  index_not_found_exception: "absent",
  index_closed_exception: "closed",
  security_exception: "forbidden",
  strict_dynamic_mapping_exception: "mapping",
  mapper_parsing_exception: "mapping",
  illegal_argument_exception: "mapping",
  query_shard_exception: "mapping",
  unavailable_shards_exception: "slow",
  no_shard_available_action_exception: "slow",
};

/** By the type of the error first: a flood stage comes as 429, a write block as 403. */
function problemOf(status: number, type: string): MemoryProblem {
  if (type === "cluster_block_exception") return status === 503 ? "away" : "blocked";
  const known = PROBLEM_OF_TYPE[type];
  if (known) return known;
  if (status === 401 || status === 403) return "forbidden";
  return status >= 400 && status < 429 && status !== 408 ? "mapping" : "slow";
}

/** A failed request to an own index as that index's own fault. */
export function requestFault(index: string, fault: Fault): MemoryFault {
  if (fault instanceof MemoryFault) return fault;
  const refusal = refusalOf(fault);
  if (refusal) {
    return ownFault(problemOf(refusal.status, refusal.type), index, fault.message, fault);
  }
  return ownFault(fault.connectionFailed ? "away" : "slow", index, fault.message, fault);
}

/** The same of one document of a bulk request. */
export function itemFault(
  index: string,
  status: number,
  { type, reason }: { type: string; reason?: string | null | undefined },
): MemoryFault {
  return ownFault(problemOf(status, type), index, `${type}: ${reason ?? "no reason given"}`);
}

/** `detail`: what OpenSearch said. */
export function ownFault(
  problem: MemoryProblem,
  index: string,
  detail: string,
  cause?: unknown,
): MemoryFault {
  const { said, hint } = WORDS[problem];
  const words = NAMED.has(problem) ? said : `${said} (${detail.slice(0, 400)})`;
  return new MemoryFault(problem, {
    index,
    message: `${index} ${words}`,
    hint: hint.replaceAll("{index}", index),
    cause,
  });
}

/** Those of which everything is said. */
const NAMED = new Set<MemoryProblem>(["absent", "closed"]);

const WORDS: Readonly<Record<MemoryProblem, { said: string; hint: string }>> = {
  absent: {
    said: "is not there, or was not made by this service",
    hint: "log-vectorizer init --memory makes it.",
  },
  closed: { said: "is closed", hint: "Open it: POST /{index}/_open" },
  blocked: {
    said: "takes no writes",
    hint: 'Free disk space where a node ran out of it; else remove the block: PUT /{index}/_settings {"index.blocks.write": null}',
  },
  forbidden: {
    said: "may not be used by this user",
    hint: "The role in docs/permissions.md lists the permissions on log-vectorizer-*.",
  },
  mapping: {
    said: "is not as this release needs it",
    hint: "log-vectorizer init --memory adds fields that are missing; where a field has another type, reindex {index} into another name, delete it, and run that.",
  },
  slow: {
    said: "does not answer",
    hint: "Check its shards and the cluster's log. Logs get their vectors meanwhile.",
  },
  away: { said: "cannot be reached", hint: "Try again once OpenSearch answers." },
};
