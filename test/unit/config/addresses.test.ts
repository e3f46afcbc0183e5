import assert from "node:assert/strict";
import { test } from "node:test";
import { httpUrl, httpUrls, kafkaAddresses, userInfo } from "../../../src/config/addresses.ts";

const admin = { username: "admin", password: "Admin123!@#" };

const GOOD: [text: string, addresses: unknown][] = [
  ["http://a", { urls: ["http://a"], auth: undefined }],
  ["HTTPS://A:9200/", { urls: ["https://a:9200"], auth: undefined }],
  ["https://proxy/os/", { urls: ["https://proxy/os"], auth: undefined }],
  ["http://a:1, http://b:2 ,http://a:1/", { urls: ["http://a:1", "http://b:2"], auth: undefined }],
  ["http://[::1]:9200", { urls: ["http://[::1]:9200"], auth: undefined }],
  ["https://admin:Admin123!%40%23@a", { urls: ["https://a"], auth: admin }],
  [
    "https://admin:Admin123!%40%23@a,https://admin:Admin123%21%40%23@b",
    { urls: ["https://a", "https://b"], auth: admin },
  ],
];

for (const [text, addresses] of GOOD) {
  test(`${text} is read into addresses and the user apart`, () => {
    assert.deepEqual(httpUrls.schema.safeParse(text).data, addresses);
  });
}

const BAD_ONES = [
  "",
  "a:9200",
  "ftp://a",
  "http://",
  "http://a:99999",
  "http:a",
  "http://a b",
  "http://a?x=1",
  "http://a#x",
  "http://user@a",
  "http://:pw@a",
  "http://u:%zz@a",
  "http://u:12/3@a",
  "http://a\n",
  "http://a\u0000",
];

for (const text of BAD_ONES) {
  test(`${JSON.stringify(text)} is refused alone and among several`, () => {
    assert.equal(httpUrl.schema.safeParse(text).success, false);
    assert.equal(httpUrls.schema.safeParse(`http://ok,${text}`).success, false);
  });
}

for (const text of [
  "http://u:p@a,http://u:q@b",
  "http://u:p@a,http://b",
  "http://a,http://u:p@b",
]) {
  test(`${text} is refused: whose password would go where?`, () => {
    assert.equal(httpUrls.schema.safeParse(text).success, false);
  });
}

test("one address keeps its path and loses the slash at its end", () => {
  assert.equal(httpUrl.schema.parse("http://localhost:11434/v1//"), "http://localhost:11434/v1");
});

test("the user of an address is unescaped", () => {
  assert.deepEqual(userInfo("https://admin:Admin123!%40%23@a/v1"), admin);
  assert.equal(userInfo("https://a"), undefined);
  assert.equal(userInfo("nonsense"), undefined);
});

const BROKERS: [text: string, brokers: string[]][] = [
  ["localhost", ["localhost:9092"]],
  ["Kafka-1.example.com:9093", ["kafka-1.example.com:9093"]],
  ["a:1, b:2 ,,A:1,", ["a:1", "b:2"]],
  ["a,a:9092", ["a:9092"]],
  ["10.0.0.1:65535", ["10.0.0.1:65535"]],
  ["[::1]", ["[::1]:9092"]],
  ["[2001:DB8::1]:19092", ["[2001:db8::1]:19092"]],
];

for (const [text, brokers] of BROKERS) {
  test(`${text} is read into brokers, each with its port`, () => {
    assert.deepEqual(kafkaAddresses.schema.safeParse(text).data, brokers);
  });
}

const NO_BROKERS = [
  "",
  " ",
  ",",
  "a:",
  ":9092",
  "a:x",
  "a:1:2",
  "a b",
  "a/b",
  "a;b",
  "-a",
  "a:9092\n",
  "[a]:1",
  "[]:1",
  "[10.0.0.1]:1",
  "[::1",
  "[[::1]]:1",
];

for (const text of NO_BROKERS) {
  test(`${JSON.stringify(text)} is no list of brokers`, () => {
    assert.equal(kafkaAddresses.schema.safeParse(text).success, false);
  });
}

const MISTAKEN_BROKERS: [text: string, reason: RegExp][] = [
  ["kafka://a:9092", /^there is a scheme; TLS is chosen by KAFKA_SSL$/],
  ["a:9092,SASL_SSL://b:9092", /^there is a scheme/],
  ["user:hunter2@a:9092", /^there is an @; .*KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD$/],
  ["a,::1", /^an IPv6 address needs brackets/],
  ["a:0", /^a port is a number from 1 to 65535$/],
  ["a:65536", /^a port is a number/],
];

for (const [text, reason] of MISTAKEN_BROKERS) {
  test(`${text} is no list of brokers, and the mistake is named`, () => {
    assert.equal(kafkaAddresses.schema.safeParse(text).success, false);
    assert.match(kafkaAddresses.whyNot?.(text) ?? "", reason);
  });
}
