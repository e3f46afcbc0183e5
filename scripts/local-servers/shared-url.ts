import type { OpenSearchVersion } from "./opensearch.ts";

/** Where a whole test run says which servers it started for all its files. */
export const OPENSEARCH_URL_VARIABLES: Record<OpenSearchVersion, string> = {
  "3.2.0.0": "TEST_OPENSEARCH_3_URL",
  "2.19.1.0": "TEST_OPENSEARCH_2_URL",
};

export const KAFKA_BROKER_VARIABLE = "TEST_KAFKA_BROKER";
