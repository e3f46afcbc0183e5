import type { OpenSearchVersion } from "./opensearch.ts";

/** Where a whole test run says which servers it started for all its files. */
export const OPENSEARCH_URL_VARIABLES: Record<OpenSearchVersion, string> = {
  "3.2.0.0": "TEST_OPENSEARCH_3_URL",
  "2.19.1.0": "TEST_OPENSEARCH_2_URL",
};

/** Where it says on which versions tests run, comma-separated; on the newest that this machine can run where it says nothing. */
export const TESTED_VERSIONS_VARIABLE = "TEST_OPENSEARCH_VERSIONS";

export const KAFKA_BROKER_VARIABLE = "TEST_KAFKA_BROKER";
