import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ProtocolError,
  ResponseError,
  TimeoutError,
  UserError,
} from "@platformatic/kafka";
import {
  hasApiId,
  isCoordinatorMoving,
  isMissingTopic,
  missingTopicFault,
  toFault,
  unanswered,
} from "../../../../src/adapters/kafka/faults.ts";
import { Fault, type FaultKind } from "../../../../src/domain/faults.ts";

const CONTEXT = { at: "Kafka at kafka:9092", secrets: ["hunter2hunter2"] };

/** What the library throws where the broker answers with an error code. */
function answered(code: number, message: string | null = null): Error {
  return new ResponseError(0, 9, { "/topics/0": [code, message] }, {});
}

/** What the library throws where it gets no connection, after its own retries. */
function unreachable(code: string, message: string): Error {
  const cause = Object.assign(new Error(message), { code });
  const failed = new NetworkError("Connection to kafka:9092 failed.", { cause });
  const tried = new MultipleErrors("Cannot connect to any broker.", [failed]);
  return new MultipleErrors("metadata failed 5 times.", [tried, tried]);
}

const CASES: [string, Error, FaultKind, RegExp, RegExp | undefined][] = [
  [
    "a missing topic, as the broker says it",
    answered(3),
    "configuration",
    /a topic does not exist$/,
    /log-vectorizer init/,
  ],
  [
    "a missing topic, as the library says it",
    new UserError("Unknown topic application-logs."),
    "configuration",
    /there is no topic application-logs$/,
    /log-vectorizer init/,
  ],
  ["a topic that the user may not see", answered(29), "credentials", /TOPIC_AUTH/, /permission/],
  ["a group that the user may not join", answered(30), "credentials", /GROUP_AUTH/, /permission/],
  [
    "a wrong password",
    new NetworkError("Connection to kafka:9092 failed.", {
      cause: new AuthenticationError("SASL authentication failed.", {
        cause: answered(58, "Authentication failed: Invalid username or password"),
      }),
    }),
    "credentials",
    /Invalid username or password$/,
    /KAFKA_SASL_PASSWORD/,
  ],
  [
    "a wrong password that only our side notices",
    new AuthenticationError("Invalid server signature."),
    "credentials",
    /user or password refused$/,
    /KAFKA_SASL_PASSWORD/,
  ],
  [
    "a mechanism that the broker does not take",
    new AuthenticationError("Cannot find a suitable SASL mechanism.", { cause: answered(33) }),
    "configuration",
    /does not take this SASL mechanism$/,
    /KAFKA_SASL_MECHANISM/,
  ],
  [
    "a broker that hangs up on a user",
    new AuthenticationError("Cannot find a suitable SASL mechanism.", {
      cause: new NetworkError("Connection closed"),
    }),
    "outage",
    /the connection broke$/,
    /KAFKA_SSL/,
  ],
  ["a message that is too large", answered(10), "record", /larger than/, /max\.message\.bytes/],
  [
    "a group of another program",
    answered(23),
    "configuration",
    /INCONSISTENT/,
    /CONSUMER_GROUP_ID/,
  ],
  ["a quota", answered(89), "rate", /THROTTLING_QUOTA_EXCEEDED/, undefined],
  ["a coordinator that moves", answered(16), "outage", /./, undefined],
  ["too few replicas", answered(19), "outage", /./, undefined],
  [
    "an unknown authority",
    unreachable("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    "configuration",
    /certificate was not accepted$/,
    /KAFKA_CA_FILE/,
  ],
  [
    "a certificate of another name",
    unreachable(
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "Hostname/IP does not match certificate's altnames",
    ),
    "configuration",
    /certificate was not accepted$/,
    /name as in its certificate/,
  ],
  [
    "TLS where plain is spoken to",
    new UserError("Broker requires TLS."),
    "configuration",
    /speaks TLS$/,
    /KAFKA_SSL=true/,
  ],
  [
    "plain where TLS is spoken to",
    unreachable("EPROTO", "write EPROTO 139:error:0A00010B:SSL routines::wrong version number"),
    "configuration",
    /no TLS handshake$/,
    /KAFKA_SSL=false/,
  ],
  [
    "nobody listening",
    unreachable("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9092"),
    "outage",
    /connection refused$/,
    /Is Kafka running\?/,
  ],
  [
    "nobody listening at any of a name's addresses",
    new NetworkError("Connection to localhost:9092 failed.", {
      cause: new AggregateError([
        Object.assign(new Error("connect ECONNREFUSED ::1:9092"), { code: "ECONNREFUSED" }),
      ]),
    }),
    "outage",
    /connection refused$/,
    /Is Kafka running\?/,
  ],
  [
    "an unknown name",
    unreachable("ENOTFOUND", "getaddrinfo ENOTFOUND kafka"),
    "outage",
    /cannot be resolved$/,
    /typing error/,
  ],
  ["no answer", new TimeoutError("Request timed out"), "outage", /no answer in time$/, /reachable/],
  ["anything else", new Error("odd"), "outage", /odd$/, undefined],
];

for (const [what, error, kind, message, hint] of CASES) {
  test(`${what} is ${kind}`, () => {
    const fault = toFault(error, CONTEXT);
    assert.equal(fault.kind, kind);
    assert.match(fault.message, message);
    assert.match(fault.message, /^Kafka at kafka:9092: /);
    if (hint) assert.match(fault.hint ?? "", hint);
    else assert.equal(fault.hint, undefined);
    assert.equal(fault.cause, error);
  });
}

test("a fault stays the fault that it is", () => {
  const fault = new Fault("quota", "x");
  assert.equal(toFault(fault, CONTEXT), fault);
});

test("a thrown value that is not an Error becomes a fault too", () => {
  assert.equal(toFault("odd", CONTEXT).message, "Kafka at kafka:9092: odd");
  assert.equal(toFault(new Error(""), CONTEXT).message, "Kafka at kafka:9092: no reason given");
});

test("no secret gets into a message, whichever error repeats it", () => {
  for (const error of [
    new Error("user alice with hunter2hunter2 refused"),
    answered(58, "refused: hunter2hunter2"),
  ]) {
    const { message, hint } = toFault(error, CONTEXT);
    assert.ok(!`${message} ${hint}`.includes("hunter2"), message);
    assert.match(message, /\*\*\*/);
  }
});

test("an error that holds itself ends", () => {
  const error = new Error("round");
  error.cause = error;
  assert.equal(toFault(error, CONTEXT).kind, "outage");
});

test("a missing topic is known by the broker's code and by the library's words", () => {
  assert.ok(isMissingTopic(new UserError("Unknown topic logs.")));
  assert.ok(isMissingTopic(toFault(answered(3), CONTEXT)));
  assert.ok(!isMissingTopic(answered(29)));
  const { kind, message, hint } = missingTopicFault("logs", CONTEXT);
  assert.equal(kind, "configuration");
  assert.equal(message, "Kafka at kafka:9092: there is no topic logs");
  assert.match(hint ?? "", /log-vectorizer init/);
});

test("an answer is found however deep it lies", () => {
  const deep = new MultipleErrors("outer", [new NetworkError("x", { cause: answered(36) })]);
  assert.ok(hasApiId(toFault(deep, CONTEXT), "TOPIC_ALREADY_EXISTS"));
  assert.ok(!hasApiId(new ProtocolError(3), "TOPIC_ALREADY_EXISTS"));
});

test("a coordinator that loads or moves is known as such", () => {
  for (const code of [14, 15, 16]) assert.ok(isCoordinatorMoving(toFault(answered(code), CONTEXT)));
  assert.ok(!isCoordinatorMoving(answered(30)));
});

test("a wait without an answer says whether it was ended", () => {
  assert.match(unanswered(CONTEXT, true).message, /stopped before it answered$/);
  assert.match(unanswered(CONTEXT, false).message, /no answer in time$/);
  assert.equal(unanswered(CONTEXT, false).kind, "outage");
});
