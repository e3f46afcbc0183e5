/** One log record as a file holds it; what the file does not say is left out. */
export type LogEntry = {
  /** ISO 8601; times without a zone are taken for UTC. */
  timestamp?: string;
  /** As it is written in the file. */
  level?: string;
  message: string;
  /** What wrote the record: a program, a logger, a module. */
  service?: string;
};

const LEVELS = [
  "TRACE|DEBUG|FINEST|FINER|FINE|CONFIG|INFO|NOTICE|WARN|WARNING",
  "ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|ALERT|EMERG|EMERGENCY|PANIC",
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
