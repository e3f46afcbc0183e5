import { type RecordedAnswer, TEXT } from "./recorded-answer.ts";
import type { FaultKind } from "../../../src/domain/faults.ts";

const BOTH = "OpenSearch 2.19.1 and 3.2.0";

type Error = { type: string; reason: string; [more: string]: unknown };

const whole = (error: Error, status: number) => ({
  error: { root_cause: [{ type: error.type, reason: error.reason }], ...error },
  status,
});

/** Answers to whole requests. */
export const WHOLE_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: BOTH,
    what: "a circuit breaker",
    status: 429,
    body: whole(
      {
        type: "circuit_breaking_exception",
        reason:
          "[in_flight_requests] Data too large, data for [<http_request>] would be [8196/8kb], which is larger than the limit of [1024/1kb]",
        bytes_wanted: 8196,
        bytes_limit: 1024,
        durability: "TRANSIENT",
      },
      429,
    ),
    kind: "rate",
    says: /circuit_breaking_exception: \[in_flight_requests\] Data too large/,
  },
  {
    from: "OpenSearch 2.17, exercism/website#7223",
    what: "a full queue",
    status: 429,
    body: whole(
      {
        type: "rejected_execution_exception",
        reason:
          "rejected execution of coordinating operation [shard_detail=[production-solutions][2][C], shard_coordinating_and_primary_bytes=29490684, shard_operation_bytes=434882, shard_max_coordinating_and_primary_bytes=34694922]",
      },
      429,
    ),
    kind: "rate",
    says: /rejected execution of coordinating operation/,
  },
  {
    from: "Amazon OpenSearch Service",
    what: "a full queue, said by its front",
    status: 429,
    headers: { "retry-after": "5" },
    body: { message: "429 Too Many Requests /_bulk" },
    kind: "rate",
    retryAfterMs: 5000,
    says: /HTTP 429 429 Too Many Requests \/_bulk/,
  },
  {
    from: "nginx 1.27 before OpenSearch",
    what: "nobody behind it",
    status: 503,
    headers: { "content-type": "text/html", "retry-after": "2" },
    body: "<html><head><title>503 Service Temporarily Unavailable</title></head></html>",
    kind: "outage",
    retryAfterMs: 2000,
    says: /HTTP 503 503 Service Temporarily Unavailable/,
  },
  {
    from: "OpenSearch 2.19 with the Security plugin",
    what: "a wrong password",
    status: 401,
    headers: {
      "content-type": "text/plain; charset=UTF-8",
      "www-authenticate": 'Basic realm="OpenSearch Security"',
    },
    body: "Unauthorized",
    kind: "credentials",
    says: /answered 401: HTTP 401 Unauthorized/,
  },
  {
    from: "OpenSearch 2.19 with the Security plugin",
    what: "before the plugin has started",
    status: 503,
    headers: { "content-type": "text/plain; charset=UTF-8" },
    body: "OpenSearch Security not initialized.",
    kind: "outage",
    says: /OpenSearch Security not initialized/,
  },
  {
    from: "OpenSearch 2 with the Security plugin, jaegertracing/jaeger#3727",
    what: "a missing permission",
    status: 403,
    body: whole(
      {
        type: "security_exception",
        reason:
          "no permissions for [indices:admin/get] and User [name=elastic-jaeger, backend_roles=[jaeger_writer], requestedTenant=null]",
      },
      403,
    ),
    kind: "credentials",
    says: /no permissions for \[indices:admin\/get\]/,
  },
  {
    from: "Amazon OpenSearch Service",
    what: "a role that may not",
    status: 403,
    body: { Message: "User: anonymous is not authorized to perform: es:ESHttpPost" },
    kind: "credentials",
    says: /not authorized to perform: es:ESHttpPost/,
  },
  {
    from: BOTH,
    what: "a cluster that is read-only",
    status: 403,
    body: whole(
      {
        type: "cluster_block_exception",
        reason: "blocked by: [FORBIDDEN/6/cluster read-only (api)];",
      },
      403,
    ),
    kind: "index",
    says: /cluster read-only/,
  },
  {
    from: "OpenSearch 2.19 and 3.2",
    what: "a cluster without a manager",
    status: 503,
    body: whole(
      {
        type: "cluster_block_exception",
        reason: "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];",
      },
      503,
    ),
    kind: "outage",
    says: /state not recovered/,
  },
  {
    from: BOTH,
    what: "an index block on its metadata",
    status: 403,
    body: whole(
      {
        type: "cluster_block_exception",
        reason: "index [logs-meta] blocked by: [FORBIDDEN/9/index metadata (api)];",
      },
      403,
    ),
    kind: "index",
    says: /index metadata/,
  },
  {
    from: BOTH,
    what: "a closed index",
    status: 400,
    body: whole({ type: "index_closed_exception", reason: "closed", index: "logs-closed" }, 400),
    kind: "index",
    says: /index_closed_exception: closed/,
  },
  {
    from: BOTH,
    what: "a missing index",
    status: 404,
    body: whole({ type: "index_not_found_exception", reason: "no such index [logs-none]" }, 404),
    kind: "index",
    says: /no such index \[logs-none\]/,
  },
  {
    from: BOTH,
    what: "an index without a primary shard",
    status: 503,
    body: {
      error: {
        root_cause: [],
        type: "search_phase_execution_exception",
        reason: "all shards failed",
        phase: "query",
        grouped: true,
        failed_shards: [],
      },
      status: 503,
    },
    kind: "outage",
    says: /all shards failed/,
  },
  {
    from: "OpenSearch 2.19",
    what: "a point in time that has run out",
    status: 404,
    body: {
      error: {
        root_cause: [
          {
            type: "search_context_missing_exception",
            reason: "No search context found for id [7]",
          },
        ],
        type: "search_phase_execution_exception",
        reason: "all shards failed",
        phase: "query",
        grouped: true,
        failed_shards: [],
        caused_by: {
          type: "search_context_missing_exception",
          reason: "No search context found for id [7]",
        },
      },
      status: 404,
    },
    kind: "outage",
    says: /No search context found/,
  },
  {
    from: BOTH,
    what: "a field limit in the way of the mapping",
    status: 400,
    body: whole(
      {
        type: "illegal_argument_exception",
        reason: "Limit of total fields [3] has been exceeded",
      },
      400,
    ),
    kind: "configuration",
    says: /Limit of total fields/,
  },
  {
    from: BOTH,
    what: "a dimension that no engine takes",
    status: 400,
    body: whole(
      {
        type: "validation_exception",
        reason:
          "Validation Failed: 1: Dimension value cannot be greater than 16000 for vector with engine: faiss;",
      },
      400,
    ),
    kind: "configuration",
    says: /Dimension value cannot be greater than 16000/,
  },
  {
    from: "OpenSearch 3.2.0",
    what: "a dimension that cannot be changed any more",
    status: 400,
    body: whole(
      {
        type: "illegal_argument_exception",
        reason:
          "Mapper for [log_vector] conflicts with existing mapper:\n\tCannot update parameter [dimension] from [4] to [8]",
      },
      400,
    ),
    kind: "configuration",
    says: /Cannot update parameter \[dimension\] from \[4\] to \[8\]/,
  },
  {
    from: BOTH,
    what: "a body beyond http.max_content_length, without a word",
    status: 413,
    body: "",
    kind: "configuration",
    says: /HTTP 413/,
  },
];

/** Items of bulk answers that are neither written, missing nor conflicted. */
export type RecordedItem = {
  from: string;
  what: string;
  status: number;
  error: Error & { caused_by?: { type: string; reason: string } };
  kind: FaultKind;
  says: RegExp;
};

const unparsed = (field: string, type: string, preview: string) =>
  `failed to parse field [${field}] of type [${type}] in document with id '1'. Preview of field's value: '${preview}'`;

export const ITEM_ANSWERS: readonly RecordedItem[] = [
  {
    from: BOTH,
    what: "a write block",
    status: 403,
    error: {
      type: "cluster_block_exception",
      reason: "index [logs-blocked] blocked by: [FORBIDDEN/8/index write (api)];",
    },
    kind: "index",
    says: /index write \(api\)/,
  },
  {
    from: BOTH,
    what: "a flood stage",
    status: 429,
    error: {
      type: "cluster_block_exception",
      reason:
        "index [logs-flood] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];",
    },
    kind: "index",
    says: /flood-stage watermark/,
  },
  {
    from: BOTH,
    what: "a read-only index",
    status: 403,
    error: {
      type: "cluster_block_exception",
      reason: "index [logs-readonly] blocked by: [FORBIDDEN/5/index read-only (api)];",
    },
    kind: "index",
    says: /index read-only/,
  },
  {
    from: BOTH,
    what: "a closed index",
    status: 400,
    error: { type: "index_closed_exception", reason: "closed", index: "logs-closed" },
    kind: "index",
    says: /index_closed_exception: closed/,
  },
  {
    from: BOTH,
    what: "a shard that is away",
    status: 503,
    error: {
      type: "unavailable_shards_exception",
      reason: "[logs-nowhere][0] primary shard is not active Timeout: [1s]",
    },
    kind: "index",
    says: /primary shard is not active/,
  },
  {
    from: "OpenSearch 2 with the Security plugin",
    what: "a missing permission",
    status: 403,
    error: {
      type: "security_exception",
      reason:
        "no permissions for [indices:data/write/update] and User [name=reader, backend_roles=[], requestedTenant=null]",
    },
    kind: "credentials",
    says: /no permissions for \[indices:data\/write\/update\]/,
  },
  {
    from: "OpenSearch 2.17",
    what: "a full queue",
    status: 429,
    error: {
      type: "rejected_execution_exception",
      reason: "rejected execution of primary operation [primary_bytes=106861195]",
    },
    kind: "rate",
    says: /rejected execution of primary operation/,
  },
  {
    from: BOTH,
    what: "a strict mapping against a field of the document's own",
    status: 400,
    error: {
      type: "strict_dynamic_mapping_exception",
      reason: "mapping set to strict, dynamic introduction of [odd] within [_doc] is not allowed",
    },
    kind: "record",
    says: /introduction of \[odd\]/,
  },
  {
    from: BOTH,
    what: "a strict mapping against our own field, as of every document there",
    status: 400,
    error: {
      type: "strict_dynamic_mapping_exception",
      reason:
        "mapping set to strict, dynamic introduction of [log_vector_meta] within [_doc] is not allowed",
    },
    kind: "configuration",
    says: /introduction of \[log_vector_meta\]/,
  },
  {
    from: BOTH,
    what: "a field limit",
    status: 400,
    error: {
      type: "illegal_argument_exception",
      reason: "Limit of total fields [3] has been exceeded",
    },
    kind: "configuration",
    says: /Limit of total fields \[3\]/,
  },
  {
    from: BOTH,
    what: "another dimension",
    status: 400,
    error: {
      type: "mapper_parsing_exception",
      reason: unparsed("log_vector", "knn_vector", "null"),
      caused_by: {
        type: "illegal_argument_exception",
        reason: "Vector dimension mismatch. Expected: 4, Given: 2",
      },
    },
    kind: "configuration",
    says: /Expected: 4, Given: 2$/,
  },
  {
    from: BOTH,
    what: "a vector of zeros",
    status: 400,
    error: {
      type: "mapper_parsing_exception",
      reason: unparsed("log_vector", "knn_vector", "null"),
      caused_by: {
        type: "illegal_argument_exception",
        reason: "zero vector is not supported when space type is [cosinesimil]",
      },
    },
    kind: "record",
    says: /zero vector is not supported/,
  },
  {
    from: BOTH,
    what: "a value of the document that does not fit its mapping, repeated in full",
    status: 400,
    error: {
      type: "mapper_parsing_exception",
      reason: unparsed("n", "integer", TEXT),
      caused_by: { type: "number_format_exception", reason: `For input string: "${TEXT}"` },
    },
    kind: "record",
    says: /failed to parse field \[n\] of type \[integer\] in document with id '1'$/,
  },
  {
    from: BOTH,
    what: "a term that is too long, its beginning repeated as numbers",
    status: 400,
    error: {
      type: "illegal_argument_exception",
      reason:
        "Document contains at least one immense term in field=\"k\" (whose UTF8 encoding is longer than the max length 32766), all of which were skipped.  Please correct the analyzer to not produce such terms.  The prefix of the first immense term is: '[112, 97, 121, 109, 101, 110, 116, 32, 111, 102, 32, 106, 111, 104, 110, 46]...', original message: bytes can be at most 32766 in length; got 43000",
      caused_by: {
        type: "max_bytes_length_exceeded_exception",
        reason: "bytes can be at most 32766 in length; got 43000",
      },
    },
    kind: "record",
    says: /not produce such terms\.$/,
  },
  {
    from: BOTH,
    what: "a routing that is missing",
    status: 400,
    error: {
      type: "routing_missing_exception",
      reason: "routing is required for [logs-routed]/[1]",
    },
    kind: "record",
    says: /routing is required/,
  },
];
