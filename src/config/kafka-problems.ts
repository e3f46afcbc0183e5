import type { Problem } from "./config-error.ts";
import { LEADER_TOPIC_SUFFIX } from "./kafka-settings.ts";
import type { SettingReader } from "./setting-reader.ts";
import type { SettingName } from "./settings.ts";

/** What the settings of Kafka lack beside each other, or contradict each other in. */
export function kafkaProblems(
  reader: SettingReader,
  { needsKafka }: { needsKafka: boolean },
): Problem[] {
  return [
    ...missingBrokers(reader, needsKafka),
    ...sharedTopics(reader),
    ...authorityWithoutTls(reader),
    ...partOfLogin(reader),
  ];
}

function missingBrokers({ read, given }: SettingReader, needsKafka: boolean): Problem[] {
  if (given("KAFKA_BOOTSTRAP_SERVERS")) return [];
  const byMode = read("BACKFILL_MODE") === "kafka";
  if (!needsKafka && !byMode) return [];
  const needing = byMode ? "BACKFILL_MODE=kafka" : "this command";
  const sentence = `not set, but ${needing} needs it; set it to Kafka's brokers, such as localhost:9092`;
  return [{ name: "KAFKA_BOOTSTRAP_SERVERS", sentence }];
}

/** A dead letter or a reference in a topic of logs would be read as a log again, without end. */
function sharedTopics({ read }: SettingReader): Problem[] {
  const backfill = read("KAFKA_BACKFILL_TOPIC");
  const uses: [name: SettingName, topics: (string | undefined)[]][] = [
    ["KAFKA_TOPIC", read("KAFKA_TOPIC") ?? []],
    ["KAFKA_DLQ_TOPIC", [read("KAFKA_DLQ_TOPIC")]],
    ["KAFKA_BACKFILL_TOPIC", [backfill, backfill && `${backfill}${LEADER_TOPIC_SUFFIX}`]],
  ];
  const users = new Map<string, SettingName>();
  const problems: Problem[] = [];
  for (const [name, topics] of uses) {
    for (const topic of topics) {
      if (topic === undefined) continue;
      const other = users.get(topic);
      users.set(topic, name);
      if (other === undefined) continue;
      const sentence = `uses the topic "${topic}", and so does ${other}; give each a topic of its own`;
      problems.push({ name, sentence });
    }
  }
  return problems;
}

function authorityWithoutTls({ read, given }: SettingReader): Problem[] {
  if (!given("KAFKA_CA_FILE") || read("KAFKA_SSL") !== false) return [];
  const sentence = "set, but KAFKA_SSL is false; set KAFKA_SSL=true, or leave this out";
  return [{ name: "KAFKA_CA_FILE", sentence }];
}

const LOGIN = ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const;

function partOfLogin({ given }: SettingReader): Problem[] {
  const here = LOGIN.find((name) => given(name));
  if (here === undefined) return [];
  const sentence = `not set, but ${here} is; set mechanism, user and password, or none of them`;
  return LOGIN.filter((name) => !given(name)).map((name) => ({ name, sentence }));
}
