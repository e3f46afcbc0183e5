import { OUTCOMES, type Outcome } from "../domain/outcome.ts";

/** Every `event.action` of a process, with what it means for the data; the docs list them from here. */
const OF_THE_SERVICE = {
  "service-started": "The daemon started: version, schedule, indices, embedder.",
  "service-stopping": "A signal came: the process finishes the work in progress and ends.",
  "service-stopped": "The process ended in order.",
  "http-started": "The HTTP server listens.",
  "http-unavailable": "The port is taken: this tail or worker continues without HTTP.",
  "token-generated":
    "HTTP_TOKEN is not set: the line shows the page's address and the generated token.",
  "request-ended":
    "A request to this process ended: info where it changed something, warn where it was refused, error where the program failed.",
  "page-failed": "The page could not be kept up to date; processing continues.",
  "setting-unknown": "The environment or .env has a setting that does not exist.",
  "file-exposed":
    "Other users of this machine may read or change .env or STATE_DIR, or an address or token is unsafe.",
  "stamp-key-unkept":
    "The key that signs stamps cannot be kept: the next process makes another and cannot reuse these vectors.",
  "log-file-reopened": "SIGHUP: the log file was opened by its name again.",
  "log-file-unwritable": "The log file cannot be written: its lines go to the other output only.",
  "log-file-writable": "The log file is written again; the line says how many lines it lacks.",
  "state-unwritable": "The state directory cannot be written: memory serves meanwhile.",
  "state-writable": "The state directory is written again; nothing was lost.",
  "traces-lost":
    "The collector does not answer: its spans are lost until it does; processing continues.",
  "traces-resumed": "Traces are sent again.",
} as const;

const OF_CYCLES = {
  "cycle-started": "A cycle or a drain began.",
  "cycle-ended": "A cycle or a drain ended; its fields hold the summary and the totals.",
  "cycle-failed": "A cycle could not begin; the next one tries again.",
  "cycle-skipped": "The cycle before still runs: this start of the schedule is skipped.",
  "drain-ended-early": "The drain ended before the backlog did; the line says why.",
  "drain-progress": "How far a drain is.",
  "drain-waiting":
    "A drain or reembed waits for the end of an outage (DRAIN_PATIENCE_SECONDS): nothing is sent, what is paid for is held.",
  "drain-resumed":
    "The outage is over: the drain or reembed goes on, with the records that it deferred.",
  "overlap-detected":
    "Another process took the same records: cycles of this one start later from now on.",
  "records-found": "The search for pending records ended.",
  "texts-embedded": "The texts of a batch have their vectors.",
  "records-written": "The vectors of a batch are written.",
  "refresh-failed": "No refresh at the end of the cycle: searches see the vectors later.",
  "answer-partial":
    "OpenSearch answered in part: records that were not seen are not counted and left for later.",
  "nothing-fit": "No index that a run by hand found is fit: no record got a vector.",
  "records-skipped": "Records of the wanted levels lie in indices that are skipped.",
  "reembed-started": "reembed began.",
  "reembed-ended": "reembed ended; its fields hold the summary.",
  "reembed-ended-early": "reembed ended before all records had new vectors; the line says why.",
  "model-unknown":
    "Only the store can tell which model makes the vectors, and it does not answer: nothing is embedded until it does.",
  "default-model-unused":
    "Hashing makes the vectors though EMBEDDING_MODEL is not set; the line says why and how to search by meaning.",
  "sweep-started": "A sweep began.",
  "sweep-ended": "A sweep ended; its fields hold the summary.",
  "sweep-incomplete": "Records had no turn in a sweep, or got no new vector; the line says why.",
  "sweep-failed": "A sweep could not begin; the next one tries again.",
  "other-models-found": "Records carry vectors of another model, which search does not compare.",
  "other-dimensions-found": "An index takes vectors of another length and is skipped.",
  "other-keys-found": "Vectors are signed by another key and are not reused.",
} as const;

const OF_INDICES = {
  "index-unfit": "An index is skipped; the line says why and how to fix it.",
  "index-fit": "An index that was unfit is fit again.",
  "index-paused": "An index takes no updates and is paused; the others go on.",
  "index-resumed": "A paused index takes updates again.",
  "index-pause-dropped": "A paused index is gone, unfit, or has nothing pending.",
  "index-reloaded": "Many records of an index had lost their vectors together and got them again.",
  "mapping-added": "An index got a mapping for the vector.",
  textless: "No record of these indices has a text where it is looked for.",
  "false-marks": "Skip marks that no holder of the key signed were removed.",
  "records-looping": "Records that lose their vector repeatedly are quarantined.",
} as const;

const OF_EMBEDDING = {
  "embedder-failed": "The embedder failed; records are deferred and come again.",
  "budget-spent": "A budget or limit of this process defers records.",
  "budget-reached":
    "A budget is used up: embedding stops, records that cost nothing are still written.",
  "breaker-opened": "The embedder refuses every request: nothing is sent until the next cycle.",
  "breaker-closed": "The embedder takes requests again.",
  waiting: "A request waits before its next try.",
  "held-vectors-found":
    "A process that ended had paid for vectors and not written them: they are used now, and not paid for again.",
  "held-vectors-unkept":
    "Vectors that are paid for cannot be kept in STATE_DIR: they are in memory until they are written.",
  "reuse-failed": "Equal texts in the store cannot be looked for: they are embedded again.",
  "quarantine-full": "The local quarantine is full: the oldest records leave it.",
} as const;

const OF_STREAMS = {
  "dead-letter": "A message was sent to the dead letter topic.",
  "dead-letters-blocked":
    "The dead letter topic cannot be written: nothing more is read or committed.",
  "dead-letters-resumed": "The dead letter topic is written again.",
  leadership: "This scheduler leads now, or another one does.",
  "references-published": "References to pending records were published for the workers.",
} as const;

const OF_ALERTS = {
  "alert-sent": "An alert was sent.",
  "alert-failed": "An alert could not be sent by this channel.",
  "alert-dropped": "An alert was dropped unsent: it grew too old or too many waited.",
  "alert-channel-failed": "A channel of alerts does not work; logged once.",
  "alert-channel-back": "A channel of alerts works again.",
  "alerts-failed-unexpectedly": "A bug in what sends alerts; processing continues.",
  "memory-failed":
    "The memory of errors cannot be used: nothing is kept of errors, and nobody is told of them, until memory-back. Vectors are written all the same.",
  "memory-back": "The memory of errors can be used again.",
  "memory-failed-unexpectedly": "A bug in what keeps the memory of errors; processing continues.",
  "anomaly-began": "Something takes longer, or fails more often, than it usually does.",
  "anomaly-ended": "An anomaly is over.",
} as const;

const OF_EXPLANATIONS = {
  explained:
    "Somebody asked what an error is; the line says what came of it, and what of the model's sentences held.",
  "explained-without-model":
    "The language model did not answer, or not as it should: the evidence alone was shown.",
} as const;

const OF_A_CONSUMER = {
  started: "It subscribed to its topics.",
  assigned: "The broker assigned partitions to it.",
  "source-lost": "Kafka does not answer: it tries again until it works.",
  "source-back": "Kafka is back.",
  paused: "OpenSearch or the embedder does not answer: it waits, nothing is lost.",
  resumed: "It has resumed after a pause.",
  "commit-failed": "Offsets were not committed: some messages may come again.",
  "left-to-backfill": "Records were left to the backfill.",
  performance: "Speed, lag and dead letters since the last such line.",
  ended: "It ended; its fields hold the tally.",
  "failed-unexpectedly": "A bug; the line has its stack.",
} as const;

const CONSUMERS = ["tail", "worker", "scheduler"] as const;

type Fixed =
  | keyof typeof OF_THE_SERVICE
  | keyof typeof OF_CYCLES
  | keyof typeof OF_INDICES
  | keyof typeof OF_EMBEDDING
  | keyof typeof OF_STREAMS
  | keyof typeof OF_ALERTS
  | keyof typeof OF_EXPLANATIONS;

/** The name of an event: part of the interface, unlike its sentence. */
export type EventAction =
  | Fixed
  | `record-${Outcome}`
  | `${(typeof CONSUMERS)[number]}-${keyof typeof OF_A_CONSUMER}`;

/** All of them by subject, each with its meaning. */
export const EVENT_ACTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "The process": OF_THE_SERVICE,
  "Cycles and drains": OF_CYCLES,
  Indices: OF_INDICES,
  "Records and embedding": {
    ...Object.fromEntries(
      OUTCOMES.map((outcome) => [
        `record-${outcome}`,
        `A record that failed ended \`${outcome}\`; the first five of each cycle, the others at level debug.`,
      ]),
    ),
    ...OF_EMBEDDING,
  },
  "Tail, workers, scheduler": {
    ...Object.fromEntries(
      Object.entries(OF_A_CONSUMER).map(([action, meaning]) => [
        CONSUMERS.map((who) => `${who}-${action}`).join(", "),
        meaning,
      ]),
    ),
    ...OF_STREAMS,
  },
  "Alerts and anomalies": OF_ALERTS,
  Explanations: OF_EXPLANATIONS,
};
