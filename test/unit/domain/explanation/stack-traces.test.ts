import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt } from "../../../../src/domain/explanation/excerpt.ts";

const times = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i));

const JAVA = [
  "2026-01-05 10:00:00,123 ERROR [http-1] c.e.shop.Api - Request failed",
  "org.springframework.web.util.NestedServletException: Request processing failed",
  ...times(
    90,
    (i) => `\tat org.springframework.web.servlet.Dispatcher.run${i}(Dispatcher.java:${i})`,
  ),
  "\tat com.example.shop.Api.pay(Api.java:42)",
  ...times(60, (i) => `\tat org.apache.catalina.core.Valve.invoke${i}(Valve.java:${i})`),
  "Caused by: com.example.shop.PaymentException: card declined by bank 7",
  "\tat com.example.shop.Bank.charge(Bank.java:17)",
  "\tat com.example.shop.Cart.checkout(Cart.java:99)",
  ...times(50, (i) => `\tat org.hibernate.Session.flush${i}(Session.java:${i})`),
  "\t... 61 more",
  "Caused by: java.net.ConnectException: Connection refused: bank.example.com",
  ...times(20, (i) => `\tat java.base/java.net.Socket.connect${i}(Socket.java:${i})`),
  "\tat com.example.shop.Http.open(Http.java:5)",
  "\t... 90 more",
];

const PYTHON = [
  "Traceback (most recent call last):",
  ...times(30, (i) => `  File "/srv/shop/queue.py", line ${i}, in step${i}\n    self.step${i}()`),
  ...times(
    120,
    (i) =>
      `  File "/srv/env/lib/python3.12/site-packages/celery/trace${i}.py", line ${i}, in call\n    return fun(*args)`,
  ),
  '  File "/srv/shop/tasks.py", line 31, in charge',
  "    bank.charge(card)",
  '  File "/srv/shop/bank.py", line 12, in charge',
  "    raise Declined(code)",
  ...times(
    3,
    (i) =>
      `  File "/srv/env/lib/python3.12/site-packages/requests/api${i}.py", line ${i}, in post\n    return request(*args)`,
  ),
  "shop.errors.Declined: card declined by bank 7",
  ...times(
    100,
    (i) => `ERROR: the ${"abcdefghij".charAt(i % 10)}${"klmnopqrst".charAt(i / 10)} lease is lost`,
  ),
];

const GO = [
  "panic: runtime error: invalid memory address or nil pointer dereference",
  "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]",
  "",
  "goroutine 1 [running]:",
  ...times(
    60,
    (i) => `runtime.gopanic${i}({0x4c, 0x5})\n\t/usr/local/go/src/runtime/panic.go:${i} +0x212`,
  ),
  "main.(*Bank).Charge(0x0, 0x5)",
  "\t/srv/shop/bank.go:17 +0x1d",
  ...times(
    60,
    (i) => `net/http.HandlerFunc.Serve${i}(0x1)\n\t/usr/local/go/src/net/http/server.go:${i} +0x2`,
  ),
  "exit status 2",
];

const DOTNET = [
  "Unhandled exception. Shop.PaymentException: Card declined",
  " ---> System.Net.Http.HttpRequestException: Connection refused (bank.example.com:443)",
  ...times(70, (i) => `   at System.Net.Http.HttpConnectionPool.Connect${i}(Request request)`),
  "   --- End of inner exception stack trace ---",
  ...times(20, (i) => `   at Microsoft.AspNetCore.Mvc.Invoke${i}()`),
  "   at Shop.Bank.Charge(Card card) in /src/Shop/Bank.cs:line 17",
  ...times(60, (i) => `   at Microsoft.AspNetCore.Hosting.Run${i}()`),
];

const NODE = [
  "TypeError: Cannot read properties of undefined (reading 'total')",
  ...times(
    40,
    (i) => `    at Layer.handle${i} (/srv/shop/node_modules/express/lib/router/layer.js:${i}:5)`,
  ),
  "    at checkout (/srv/shop/src/cart.js:31:12)",
  "    at async pay (file:///srv/shop/src/pay.js:9:3)",
  ...times(80, (i) => `    at process.tick${i} (node:internal/process/task_queues:${i}:5)`),
  "  [cause]: Error: connect ECONNREFUSED 10.0.0.1:5432",
  "      at TCPConnectWrap.afterConnect (node:net:1:2)",
];

/** A trace with the lines that must stay, and what must not fill the room beside them. */
const TRACES: Record<string, { lines: string[]; stay: string[]; library: RegExp }> = {
  Java: {
    lines: JAVA,
    stay: [
      "ERROR [http-1] c.e.shop.Api - Request failed",
      "NestedServletException: Request processing failed",
      "com.example.shop.Api.pay(Api.java:42)",
      "Caused by: com.example.shop.PaymentException: card declined by bank 7",
      "com.example.shop.Bank.charge(Bank.java:17)",
      "com.example.shop.Cart.checkout(Cart.java:99)",
      "Caused by: java.net.ConnectException: Connection refused: bank.example.com",
      "com.example.shop.Http.open(Http.java:5)",
    ],
    library: /at (?:org\.|java)/g,
  },
  Python: {
    lines: PYTHON,
    stay: [
      'File "/srv/shop/tasks.py", line 31, in charge\n    bank.charge(card)',
      'File "/srv/shop/bank.py", line 12, in charge\n    raise Declined(code)',
      "shop.errors.Declined: card declined by bank 7",
    ],
    library: /site-packages/g,
  },
  Go: {
    lines: GO,
    stay: [
      "panic: runtime error: invalid memory address or nil pointer dereference",
      "main.(*Bank).Charge(0x0, 0x5)\n\t/srv/shop/bank.go:17 +0x1d",
      "exit status 2",
    ],
    library: /\/usr\/local\/go/g,
  },
  ".NET": {
    lines: DOTNET,
    stay: [
      "Shop.PaymentException: Card declined",
      "---> System.Net.Http.HttpRequestException: Connection refused (bank.example.com:443)",
      "Shop.Bank.Charge(Card card) in /src/Shop/Bank.cs:line 17",
    ],
    library: /at (?:System|Microsoft)/g,
  },
  Node: {
    lines: NODE,
    stay: [
      "TypeError: Cannot read properties of undefined (reading 'total')",
      "at checkout (/srv/shop/src/cart.js:31:12)",
      "at async pay (file:///srv/shop/src/pay.js:9:3)",
      "[cause]: Error: connect ECONNREFUSED 10.0.0.1:5432",
    ],
    library: /node_modules|node:/g,
  },
};

for (const [name, { lines, stay, library }] of Object.entries(TRACES)) {
  test(`of a long stack trace of ${name} the exceptions and the application's frames stay`, () => {
    for (const maxTokens of [300, 1200]) {
      const { text } = excerpt(lines.join("\n"), { maxTokens });
      assert.deepEqual(
        stay.filter((line) => !text.includes(line)),
        [],
      );
      assert.ok((text.match(library) ?? []).length <= 12);
    }
  });
}
