/** One log record as a file holds it; what the file does not say is left out. */
export type LogEntry = {
  /** ISO 8601; times without a zone are taken for UTC. */
  timestamp?: string;
  /** As it is written in the file where it is spelt out, else the name of the level that is meant. */
  level?: string;
  message: string;
  /** What wrote the record: a program, a logger, a module. */
  service?: string;
};

/** What a line holds: the beginning of a record, or more of one where the layout puts a head before each line. */
export type Piece = LogEntry & {
  /** A process or thread whose lines may stand between those of others. */
  source?: string;
  /** More of the record above of the same source. */
  joins?: true;
  /** By so many blanks are the lines below indented that are not a trace. */
  indent?: number;
};

const LEVELS = [
  "TRACE|DEBUG|FINEST|FINER|FINE|CONFIG|INFO|NOTICE|WARN|WARNING",
  "ERROR|EROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|ALERT|EMERG|EMERGENCY|PANIC|VERBOSE",
].join("|");

/** Source of a regular expression for a level in capitals as one whole word. */
export const LEVEL_WORD = `(?:${LEVELS})\\b`;

/** An entry without the fields that are absent or blank. */
export function logEntry(fields: {
  timestamp: string | undefined;
  level: string | undefined;
  message: string;
  service: string | undefined;
}): LogEntry {
  const { timestamp, level, message, service } = fields;
  return {
    message,
    ...(timestamp ? { timestamp } : {}),
    ...(level ? { level } : {}),
    ...(service ? { service } : {}),
  };
}
