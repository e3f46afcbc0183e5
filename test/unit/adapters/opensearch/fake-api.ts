import type { Api, Request } from "../../../../src/adapters/opensearch/api.ts";
import {
  createIsolatingApi,
  type IsolatingApi,
} from "../../../../src/adapters/opensearch/isolating-api.ts";
import { createFailureAttribution } from "../../../../src/adapters/opensearch/failure-attribution.ts";

/** A request with its lines as text. */
export type Sent = Omit<Request, "lines"> & { lines?: string };

export type FakeApi = { api: IsolatingApi; sent: Sent[] };

/** An API that answers what it is told to; what it throws is thrown. `known`: indices that can be asked whether they answer. */
export function createFakeApi(
  answer: (request: Sent) => unknown,
  known: readonly string[] = [],
): FakeApi {
  const sent: Sent[] = [];
  const api: Api = {
    url: "http://fake:9200",
    timeoutMs: 30_000,
    async send({ lines, ...rest }, shape) {
      // The lines may stand in a buffer that is used again.
      const request = { ...rest, ...(lines === undefined ? {} : { lines: lines.toString() }) };
      sent.push(request);
      return shape.parse(answer(request));
    },
  };
  return {
    sent,
    api: createIsolatingApi(
      api,
      createFailureAttribution(api, () => known, api),
    ),
  };
}

/** The lines of a request, parsed. */
export function linesOf({ lines = "" }: Sent): unknown[] {
  return lines
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}
