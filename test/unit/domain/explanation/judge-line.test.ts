import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeLine } from "../../../../src/domain/explanation/judge-line.ts";

/** How compilers, test runners, package managers, servers and services say that something failed. */
const FAILURES = `
src/main.c:10:5: error: 'count' undeclared (first use in this function)
/usr/bin/ld: app.o: undefined reference to 'start'
collect2: error: ld returned 1 exit status
make: *** [Makefile:12: all] Error 2
ninja: build stopped: subcommand failed.
CMake Error at CMakeLists.txt:3 (find_package):
--- FAIL: TestPay (0.00s)
FAIL	example.com/shop/pay	0.012s
panic: runtime error: index out of range [5] with length 3
exit status 1
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2.5:test
[INFO] BUILD FAILURE
[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0
FAILURE: Build failed with an exception.
* What went wrong:
Execution failed for task ':app:compileJava'.
> Task :app:test FAILED
Program.cs(10,5): error CS0103: The name 'total' does not exist in the current context
    1 Error(s)
Failed!  - Failed:     1, Passed:    20, Skipped:     0
  12:5  error  'total' is not defined  no-undef
✖ 3 problems (3 errors, 0 warnings)
src/cart.ts(1,2): error TS2304: Cannot find name 'Total'.
Found 3 errors in 2 files.
would reformat shop/cart.py
1 file would be reformatted, 3 files would be left unchanged.
10 files inspected, 2 offenses detected
  1) Failure/Error: expect(total).to eq 1
10 examples, 1 failure
There was 1 failure:
FAILURES!
Failed asserting that 1 matches expected 2.
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
│ Error: Invalid provider configuration
npm ERR! code ERESOLVE
npm error code E404
error Command failed with exit code 1.
ERROR: No matching distribution found for shop==9.9
 ! [rejected]        main -> main (fetch first)
error: failed to push some refs to 'github.com:example/shop.git'
CONFLICT (content): Merge conflict in cart.py
Error from server (Forbidden): pods is forbidden
Last State: Terminated, Reason: OOMKilled
Warning  BackOff  Back-off restarting failed container
deploy.sh: line 3: helm: command not found
##[error]The operation was canceled.
Error: Input required and not supplied: token
Resource not accessible by integration
Exceeded timeout of 5000 ms for a test.
context deadline exceeded
write /var/lib/data: no space left on device
curl: (22) The requested URL returned error: 404
curl: (6) Could not resolve host: mirror.example.com
read tcp 10.0.0.1:443: connection reset by peer
connect ECONNREFUSED 10.0.0.1:5432
503 Service Unavailable
API rate limit exceeded for installation
x509: certificate signed by unknown authority
build finished with problems, 1 warning.
  1 failing
//shop:cart_test                     FAILED in 1.0s
** BUILD FAILED **
java.lang.OutOfMemoryError: Java heap space
Process finished with exit code 137
==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60
ERROR:  relation "orders" does not exist
FAIL Required test coverage of 80% not reached. Total coverage: 79.00%
- files were modified by this hook
 › 1 snapshot failed.
3 high severity vulnerabilities
Segmentation fault (core dumped)
thread 'main' panicked at src/main.rs:4:5:
test cart::total ... FAILED
test result: FAILED. 10 passed; 1 failed; 0 ignored
error[E0308]: mismatched types
E       AssertionError: assert 1 == 2
FAILED tests/test_cart.py::test_total - AssertionError: assert 1 == 2
============================= FAILURES ==============================
shop.errors.PaymentDeclined: card expired
django.core.exceptions.ImproperlyConfigured: SECRET_KEY must not be empty
Caused by: java.net.ConnectException: Connection refused
Unhandled exception. System.InvalidOperationException: Sequence contains no elements
 ---> System.IO.IOException: The pipe is broken
Uncaught TypeError: cart.total is not a function
Error: Process completed with exit code 2.
The command "make test" exited with 2.
ERROR: Job failed: exit code 1
spelling.................................................................Failed
2 tests failed
결제 서비스 연결 실패: 시간 초과
데이터베이스에 연결하지 못했습니다
not ok 4 - adds the total
fatal: unable to access 'https://git.example.com/shop.git/': Could not resolve host
Job for shop.service failed because the control process exited with error code.
`;

/** What holds a word of failure, and tells of none. */
const HARMLESS = `
Installing libgpg-error0:amd64 (1.47-3)
Downloading error-ex-1.3.2.tgz
test error_handling::keeps_cause ... ok
PASS src/error.test.js
   Compiling thiserror v1.0.50
[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0
[INFO] BUILD SUCCESS
  fail-fast: false
  continue-on-error: true
  if-no-files-found: warn
tests/test_error.py::test_exception_raised PASSED [ 10%]
ok 3 - returns an error
Setting up liberror-perl (0.17029-2) ...
0 errors, 0 warnings
처리 120건, 실패 0건
오류 없음
Found 0 errors in 12 files.
Process exited with code 0
dist/components/forbidden.js
app: dist/components/nav-failure-handler.d.ts.map
app: dist/server/unhandled-rejection.js
+ abort-controller 3.0.0
  CC_FAIL_ON_ERROR: false
make -j4 CFLAGS=-Werror
Resolved 1200 packages in 2.1 s
Tests:       20 passed, 20 total
✓ shows an error where the cart is empty (12 ms)
checking for error_at_line... yes
`;

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

test("a line by which a program says that it failed weighs at least 6", () => {
  const missed = linesOf(FAILURES).filter((line) => judgeLine(line).weight < 6);
  assert.deepEqual(missed, []);
});

test("a line that only holds such a word weighs less than 3", () => {
  const wrong = linesOf(HARMLESS).filter((line) => judgeLine(line).weight >= 3);
  assert.deepEqual(wrong, []);
});
