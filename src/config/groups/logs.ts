import {
  cronLine,
  boolean,
  fieldPath,
  fieldPaths,
  indexPattern,
  integer,
  levels,
  matching,
  oneOf,
  topicName,
} from "../kinds.ts";
import { is, isUnset, present } from "../setting.ts";
import type { Condition, Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

/** Suffix of the topic that elects the publishing scheduler. */
export const LEADER_TOPIC_SUFFIX = "-leader";

export const LOGS = {
  OPENSEARCH_INDEX_PATTERN: {
    description: "Indices, aliases and data streams with logs; comma-separated, * and -name work.",
    default: "*_*",
    kind: indexPattern,
  },
  ENRICHMENT_LEVELS: {
    description: "Levels whose logs get a vector, comma-separated, in any case.",
    default: "ERROR",
    kind: levels,
  },
  MESSAGE_FIELD: {
    description: "Field with the text to embed; of several, the first that is not blank in a log.",
    otherwise: "found by itself: message, else body, msg and others",
    kind: fieldPaths,
  },
  TIMESTAMP_FIELD: {
    description: "Field with the time of a log; an index where it is no date is read unsorted.",
    otherwise: "@timestamp, else timestamp",
    kind: fieldPath,
  },
  LEVEL_FIELD: {
    description: "Field with the level of a log; of several, the first that is not blank in a log.",
    otherwise: "found by itself: level, log.level, severity and others",
    kind: fieldPaths,
  },
  SERVICE_FIELD: {
    description: "Field with the service that wrote a log; a search shows it and filters by it.",
    otherwise: "found by itself: service.name, service or app",
    kind: fieldPath,
  },
  PROJECT_FIELD: {
    description:
      "Field with the project that a log belongs to; statistics compare can be narrowed to one.",
    otherwise: "no log belongs to a project",
    kind: fieldPath,
  },
  HOST_FIELD: {
    description:
      "Field with the host of a log, by which errors are counted; of several, the first that a log has.",
    otherwise: "found by itself: host.name, host, hostname and others",
    kind: fieldPaths,
  },
  VERSION_FIELD: {
    description:
      "Field with the version of the service that wrote a log; of several, the first that a log has.",
    otherwise: "found by itself: service.version, app.version, version and others",
    kind: fieldPaths,
  },
} satisfies Settings;

export const VECTORS = {
  VECTOR_FIELD: {
    description: "Field for the vector; its stamp is in a second field that ends in _meta.",
    default: "log_vector",
    kind: matching(
      /^[A-Za-z][A-Za-z0-9_-]*$/,
      "a plain field name of letters, digits, _ and -, without dots",
      "field",
    ),
  },
  VECTOR_ENGINE: {
    description: "k-NN engine of the mappings that are created.",
    default: "lucene",
    kind: oneOf(["lucene", "faiss", "nmslib"], "engine"),
  },
  VECTOR_SPACE_TYPE: {
    description: "Distance of the mappings that are created.",
    default: "cosinesimil",
    kind: oneOf(["cosinesimil", "innerproduct", "l2"], "space"),
  },
  MAPPING: {
    description: "auto adds a vector mapping to indices without one; strict skips them.",
    default: "auto",
    kind: oneOf(["auto", "strict"]),
  },
} satisfies Settings;

export const BACKFILL = {
  BACKFILL_BATCH_SIZE: {
    description: "Logs that one cycle takes at most.",
    default: "100",
    kind: integer(1, 10_000, "logs"),
  },
  BACKFILL_SCHEDULE: {
    description: "When cycles start: a cron line of five or six fields, in UTC.",
    default: "*/10 * * * *",
    kind: cronLine,
    usedWhen: [isUnset("BACKFILL_INTERVAL_MINUTES")],
  },
  BACKFILL_INTERVAL_MINUTES: {
    description: "Instead of a schedule: minutes from one cycle to the next.",
    otherwise: "by the schedule",
    kind: integer(1, 7 * 24 * 60, "minutes"),
    requires: [isUnset("BACKFILL_SCHEDULE")],
  },
  BACKFILL_ORDER: {
    description: "Which logs come first.",
    default: "newest",
    kind: oneOf(["newest", "oldest"]),
  },
  BACKFILL_MAX_AGE_DAYS: {
    description: "Skip older logs.",
    otherwise: "of any age",
    kind: integer(1, 36_500, "days"),
  },
  BACKFILL_DRAIN: {
    description: "Each scheduled run continues until nothing is pending.",
    default: "false",
    kind: boolean,
  },
  DRAIN_PATIENCE_SECONDS: {
    description:
      "How long a drain or reembed that has written a vector waits for the end of an outage of the embedder or OpenSearch; 0 ends it at once.",
    default: "600",
    kind: integer(0, 7 * 24 * 3600, "seconds"),
  },
  BACKFILL_MIN_AGE_SECONDS: {
    description: "Leave younger logs to the tail.",
    otherwise: "60 where KAFKA_BOOTSTRAP_SERVERS is set, else 0",
    kind: integer(0, 24 * 3600, "seconds"),
  },
  BACKFILL_MODE: {
    description: "direct makes the vectors in this process; kafka hands the work to workers.",
    default: "direct",
    kind: oneOf(["direct", "kafka"]),
  },
  KAFKA_BACKFILL_TOPIC: {
    description: "Topic with the work for workers; a second one has -leader at its end.",
    default: "log-vectorizer-backfill",
    kind: topicName(LEADER_TOPIC_SUFFIX),
    usedWhen: [is("BACKFILL_MODE", "kafka")],
  },
} satisfies Settings;

const sweepsOnSchedule: Condition<"SWEEP_SCHEDULE"> = {
  about: ["SWEEP_SCHEDULE"],
  says: "SWEEP_SCHEDULE is not empty",
  unmet: ({ read }) =>
    read("SWEEP_SCHEDULE") === undefined ? "SWEEP_SCHEDULE is empty" : undefined,
};

export const SWEEP = {
  SWEEP_SCHEDULE: {
    description:
      "When sweeps for changed messages start: a cron line in UTC; none where empty, and by hand only.",
    default: "30 3 * * *",
    emptyMeans: "off",
    kind: cronLine,
  },
  SWEEP_WINDOW_DAYS: {
    description: "Scheduled sweeps look at the logs of so many days.",
    default: "7",
    kind: integer(1, 36_500, "days"),
    usedWhen: [sweepsOnSchedule],
  },
} satisfies Settings;

export function logsConfig({ read, need }: SettingReader) {
  return {
    indexPattern: need("OPENSEARCH_INDEX_PATTERN"),
    levels: need("ENRICHMENT_LEVELS"),
    maxMessageBytes: need("MAX_MESSAGE_BYTES"),
    ...present({
      messageFields: read("MESSAGE_FIELD"),
      timestampField: read("TIMESTAMP_FIELD"),
      levelFields: read("LEVEL_FIELD"),
      serviceField: read("SERVICE_FIELD"),
      projectField: read("PROJECT_FIELD"),
      hostFields: read("HOST_FIELD"),
      versionFields: read("VERSION_FIELD"),
      maxAgeDays: read("BACKFILL_MAX_AGE_DAYS"),
    }),
  };
}

export function vectorConfig({ need }: SettingReader) {
  return {
    field: need("VECTOR_FIELD"),
    /** Field of the stamp. */
    metaField: `${need("VECTOR_FIELD")}_meta`,
    engine: need("VECTOR_ENGINE"),
    spaceType: need("VECTOR_SPACE_TYPE"),
    mapping: need("MAPPING"),
  };
}

export function backfillConfig({ read, need, given }: SettingReader) {
  const minutes = read("BACKFILL_INTERVAL_MINUTES");
  // Beside a tail, fresh records are the tail's.
  const minAgeSeconds = given("KAFKA_BOOTSTRAP_SERVERS") ? 60 : 0;
  return {
    batchSize: need("BACKFILL_BATCH_SIZE"),
    order: need("BACKFILL_ORDER"),
    drain: need("BACKFILL_DRAIN"),
    patienceMs: need("DRAIN_PATIENCE_SECONDS") * 1000,
    schedule:
      minutes === undefined
        ? { kind: "cron" as const, line: need("BACKFILL_SCHEDULE") }
        : { kind: "interval" as const, minutes },
    minAgeMs: 1000 * (read("BACKFILL_MIN_AGE_SECONDS") ?? minAgeSeconds),
    mode: need("BACKFILL_MODE"),
  };
}

/** Undefined: by hand only. */
export function sweepConfig({ read, need }: SettingReader) {
  const schedule = read("SWEEP_SCHEDULE");
  if (schedule === undefined) return undefined;
  return { schedule, windowMs: need("SWEEP_WINDOW_DAYS") * 24 * 3_600_000 };
}
