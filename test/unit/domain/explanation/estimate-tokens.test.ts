import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenCounter } from "../../../../src/adapters/tokens/token-counter.ts";
import { estimateTokens } from "../../../../src/domain/explanation/estimate-tokens.ts";

const SAMPLES = {
  java: "2026-01-05 10:00:00,123 ERROR [http-nio-8080-exec-7] com.example.shop.Api - Payment of order 81723 failed after 3 retries",
  frame: "\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)",
  json: '{"level":"error","ts":"2026-01-05T10:00:00.123Z","msg":"payment failed","order":81723,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}',
  syslog:
    "Jan  5 10:00:00 web-3 sshd[24208]: Failed password for root from 10.1.2.3 port 38926 ssh2",
  korean: "결제 서비스가 데이터베이스에 연결하지 못했습니다: 연결 시간이 초과되었습니다.",
  python: '  File "/srv/shop/lib/python3.12/site-packages/requests/api.py", line 59, in request',
};

test("the estimate is at most a tenth less than what a tokenizer counts in lines of logs, in Korean too, and never twice as much", async () => {
  const { count } = await createTokenCounter();
  const ratios = Object.entries(SAMPLES).map(([name, text]) => ({
    name,
    ratio: estimateTokens(text.repeat(20)) / count(text.repeat(20)),
  }));
  assert.deepEqual(
    ratios.filter(({ ratio }) => ratio < 0.9 || ratio > 1.8),
    [],
  );
});

test("only an empty text has no token", () => {
  assert.equal(estimateTokens(""), 0);
  assert.equal(estimateTokens(" "), 1);
  assert.equal(estimateTokens("\n"), 1);
});
