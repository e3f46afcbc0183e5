import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import type { FaultKind } from "../../domain/faults.ts";
import { presentable } from "../http/server-message.ts";

function networkCode(error: unknown): string {
  for (let current = error, depth = 0; depth < 5; depth++) {
    if (typeof current !== "object" || current === null) return "";
    if ("code" in current && typeof current.code === "string") return current.code;
    if ("cause" in current && current.cause !== undefined) current = current.cause;
    else if ("meta" in current) current = bodyOf(current.meta);
    else return "";
  }
  return "";
}

function bodyOf(meta: unknown): unknown {
  return typeof meta === "object" && meta !== null && "body" in meta ? meta.body : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

type NetworkProblem = {
  kind: FaultKind;
  message: string;
  hint: string;
  timedOut?: true;
  connectionFailed?: true;
};

/** Why a request got no answer, and what to try. */
export function networkProblem(error: unknown): NetworkProblem {
  const code = networkCode(error);
  const original = error instanceof Error ? error.message : String(error);
  const text = presentable(original, { secrets: [], texts: [] });
  const about = `${code} ${text}`;
  if (error instanceof errors.TimeoutError || /ETIMEDOUT/.test(about)) {
    return {
      kind: "outage",
      message: "no answer in time",
      hint: "Is the host right and reachable? OPENSEARCH_TIMEOUT_SECONDS is how long we wait.",
      timedOut: true,
    };
  }
  if (/load credentials|AwsSigv4Signer/i.test(`${about} ${nameOf(error)}`)) {
    return {
      kind: "credentials",
      message: `requests cannot be signed (${text})`,
      hint: "Give AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or an instance role.",
    };
  }
  // For a name with several addresses (localhost often has two) the client gives no reason.
  if (/ECONNREFUSED|^ ?Connection Error$/.test(about)) {
    return {
      kind: "outage",
      message: "connection refused",
      hint: "Is OpenSearch running? Check OPENSEARCH_HOST and OPENSEARCH_PORT, or OPENSEARCH_URL.",
      connectionFailed: true,
    };
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(about)) {
    return {
      kind: "outage",
      message: "the host name cannot be resolved",
      hint: "Check OPENSEARCH_HOST or OPENSEARCH_URL for a typing error.",
      connectionFailed: true,
    };
  }
  if (/self.signed|SELF_SIGNED|UNABLE_TO|CERT_|ALTNAME|certificate/i.test(about)) {
    return {
      kind: "configuration",
      message: `its certificate was not accepted (${text})`,
      hint: "Give the authority's certificate as OPENSEARCH_CA_FILE (OPENSEARCH_TLS_VERIFY=false only to try).",
    };
  }
  if (/EPROTO|wrong version number|SSL routines/i.test(about)) {
    return {
      kind: "configuration",
      message: `no TLS handshake (${text.slice(0, 120)})`,
      hint: "Does it speak plain HTTP? Then OPENSEARCH_USE_SSL=false, or http:// in OPENSEARCH_URL.",
    };
  }
  return {
    kind: "outage",
    message: text,
    hint: "The connection broke. Where the cluster speaks TLS, set OPENSEARCH_USE_SSL=true.",
  };
}
