import { ensureTopic, sendFreshLog, waitForVector } from "./quickstart/fresh-log.ts";

const USAGE = `Usage: npm run fresh-log -- "TEXT OF AN ERROR"

Sends one ERROR to KAFKA_TOPIC (application-logs) at KAFKA_BOOTSTRAP_SERVERS and indexes its document in OPENSEARCH_URL,
as a log shipper and Logstash would, then waits for its vector. For trying out on local servers only.
FRESH_LOG_INDEX names the index (quickstart_2026_11).`;

async function main(args: readonly string[]): Promise<number> {
  const [text] = args;
  const { OPENSEARCH_URL: url, KAFKA_BOOTSTRAP_SERVERS: broker } = process.env;
  if (text === undefined || args.length > 1 || !url || !broker) {
    console.error(USAGE);
    return 2;
  }
  const topic = process.env["KAFKA_TOPIC"] || "application-logs";
  const index = process.env["FRESH_LOG_INDEX"] || "quickstart_2026_11";
  const { signal } = new AbortController();
  const place = { url, broker, topic, index, signal };
  await ensureTopic(place);
  const log = await sendFreshLog(place, text);
  console.log(`sent ${log.log_id} to ${topic} and indexed it in ${index}; waiting for its vector…`);
  const seconds = await waitForVector(place, log);
  if (seconds === undefined) {
    console.error("No vector within a minute: does `log-vectorizer tail` run?");
    return 1;
  }
  console.log(`its vector was there after ${seconds.toFixed(1)} s`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
