/** What a line of a log is, and how much it says about a failure. */
export type Verdict = {
  /** 0: nothing. About 3: may be a part of it. About 6: says that something failed. 10: says what failed. */
  weight: number;
  kind: "plain" | "error" | "summary" | "exit" | "step" | "place";
  /** Lines of one number say it in one way. */
  rule: number;
};

type Rule = { kind: Verdict["kind"]; weight: number; form: RegExp };

/**
 * The forms in which programs say that they failed. The first rule of the highest weight counts. Each form is linear: no
 * repetition stands inside another.
 */
const RULES: readonly Rule[] = [
  // How a process ended.
  {
    kind: "exit",
    weight: 10,
    form: /^##\[error\]|^::error\b|\b(?:exit(?:ed|ing|s)?|failed|completed|terminated|finished|ended|returned|returns)(?: with)?(?: an?)?(?: non-?zero)?(?: exit| return)? (?:code|status)(?: was| is| of)?[:= ]{0,3}-?[1-9]\d{0,9}\b|\bexit(?: |-|_)?(?:status|code)[:= ]{1,3}-?[1-9]\d{0,9}\b|\b(?:returned|exited with)(?: a)? non-?zero\b|\breturned [1-9]\d{0,2} exit status\b|\bexited with [1-9]|\bcommand failed\b|^make(?:\[\d+\])?: \*{3}|\bsignal:? (?:\d|killed|SIG)|\boperation was cancell?ed\b/i,
  },
  // What was counted at the end.
  {
    kind: "summary",
    weight: 10,
    form: /\b[1-9]\d{0,8} (?:\w{1,20} ){0,2}(?:failed|failures?|failing|errors?|broken|problems?|offenses?|violations?|vulnerabilities|would be reformatted)\b|\b[1-9]\d{0,8} error\(s\)|\b(?:failures|errors|failed)[:=] {0,8}[1-9]\d{0,8}\b|\b(?:build|tests?|compilation|task|job|pipeline|deployment|stage|step|check|hook|execution)\b.{0,40}\b(?:failed|failure|unsuccessful)\b|^(?!.*\.{4}).{0,100}\b(?:failed|failure)!?$|\.{4}\s?(?:failed|failure)$|\bresult: (?:failed|failure)|\bwith (?:problems|errors|failures)\b/i,
  },
  // Who failed.
  {
    kind: "error",
    weight: 10,
    form: /^[\s|>#*=_[│-]{0,100}(?:FAIL(?:ED|URES?)?|ERRORS?|FATAL|PANIC|CRITICAL|ABORT(?:ED)?)\b(?![\w.-])|^\s{0,12}(?:●|✕|✗|✘|✖|×|❌|💥|not ok\b)|^\s{0,8}--- FAIL|^[\s|>│]{0,12}(?:fatal|panic|abort|segfault|critical|error)\b ?[:[]|^! ?\[|^CONFLICT\b|^npm (?:ERR!|error) |^\* What went wrong/,
  },
  {
    kind: "error",
    weight: 10,
    form: /^(?:\s{0,12}|E\s{1,8}|.{0,120}?(?:: |\] |\) |- ))(?:[\w$]{1,80}[./\\:]{1,2}){0,12}[A-Za-z][\w$]{0,80}(?:Error|Exception|Failure|Fault|Panic|Timeout|Interrupt|Warning|Exit)\b(?=:|\s*$|\()|^\s{0,12}Caused by\b|^ ?---> |\bException in thread\b|\bpanicked at\b|(?<![\w./-])(?:[Uu]nhandled|[Uu]ncaught)(?![\w./-])|^\s{0,12}(?:[a-z_]\w{0,40}\.){1,12}[A-Z]\w{2,80}: /,
  },
  {
    kind: "error",
    weight: 9,
    form: /(?:^|[^\w.])(?:\w{1,20} )?error(?:\[\w{1,20}\]| [A-Z]{1,6}\d{1,6}| \(\w{1,40}\))?:|\bCMake Error\b|\bsegmentation fault\b|\bcore dumped\b|\bout of memory\b|\boom-?kill|\bstack overflow\b|\bassert(?:ion)?\b.{0,60}\bfail(?:ed|ure)?\b|\bkilled\b|\bbad gateway\b|\bservice unavailable\b|\btoo many requests\b|\bHTTP(?:\/[\d.]{1,3})? [45]\d\d\b|\bdeadlock\b|\bnot accessible\b|\bnot supplied\b|\bcommand not found\b|\bno space left\b|\bback-?off\b/i,
  },
  {
    kind: "error",
    weight: 8,
    form: /^E\s{1,8}\S|\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG|ALERT|FAILED|FAILURE)\b(?![\w.-])|^\s{0,12}Failed\b|\bE(?:CONN[A-Z]{3,12}|TIMEDOUT|NOENT|ACCES|PERM|ADDRINUSE|NOSPC|PIPE|NOTFOUND|HOSTUNREACH|MFILE|RESOLVE)\b|^\s{1,8}\d{1,6}:\d{1,6}\s{1,4}error\b/,
  },
  {
    kind: "error",
    weight: 6,
    form: /(?<![\w./-])(?:could not|cannot|can't|couldn't|unable to|failed to|not permitted|permission denied|access denied|denied|forbidden|unauthorized|refused|reset by peer|timed? ?out|(?:time|deadline|limit|timeout) exceeded|exceeded|unreachable|not found|no such|does not exist|doesn't exist|must be|was expected|mismatch(?:ed)?|rejected|incompatible|unresolved|corrupt(?:ed)?|undefined(?: reference)?|would reformat|were modified|below threshold|not reached|another exception occurred|direct cause|unknown authority|self-signed certificate|certificate has expired|verify failed)(?![\w/-]|\.\w)|^\s{0,8}(?:expected|received|actual|got|want|left|right)(?: value| \([+-]\))?:|\bno \w{1,20} found\b|오류|에러|실패|예외|못했습니다|エラー|失敗|例外|错误|失败|异常|^\s{0,8}>\s{0,4}\d{1,6} \|/i,
  },
  {
    kind: "error",
    weight: 5,
    form: /(?<![\w./-])(?:error|exception|fail(?:s|ed|ure|ures|ing)?|fatal|abort(?:ed|ing)?|crash(?:ed)?|invalid|illegal|unexpected|unknown|unsupported|missing|violation|conflict|expired|broken|leaked)(?![\w/-]|\.\w)/i,
  },
  {
    kind: "place",
    weight: 3.5,
    form: /(?:^|[\s("'[])[^\s:()"']{1,200}\.[A-Za-z]{1,6}(?:x|pp)?(?::\d{1,7}|\(\d{1,7})|^\s{0,12}-->|^Traceback \(most|^Dockerfile:\d/,
  },
  {
    kind: "plain",
    weight: 2.5,
    form: /(?<![\w./-])(?:warn(?:ing)?|deprecated|retry(?:ing)?|assert)(?![\w/-])/i,
  },
  { kind: "step", weight: 1.5, form: /^Complete job name:|^={3,} .{1,100} ={3,}$/ },
];

/** Words of failure that say of nothing that it failed. */
const HARMLESS =
  /\b(?:0|no|zero|without) (?:\w{1,20} )?(?:errors?|failures?|failed|warnings?|problems?)\b|\b(?:errors?|failures?|failed|warnings?)[:=] ?0\b|(?:오류|에러|실패|예외)[:=]? ?(?:0|없)|\b(?:PASS(?:ED)?|XFAIL|XPASS|SKIP(?:PED)?)\b|\b(?:xfail|passed)\b|\.\.\. ?ok$|^\s{0,12}(?:✓|✔|ok )|(?:error|fail|exception)[\w./-]{0,60}\.(?:js|ts|rs|py|o|h|c|go|java|html|md|json|crate|whl)\b|(?:--?|-W)[\w-]{0,40}(?:error|fail)|^(?:Download|Compil|Install|Unpack|Fetch|Select|Prepar|Sett?ing up|Collect|Check|Add|Copy|Extract|Pull)\w{0,10}\b/i;
/** What stays of a line's weight where it is harmless by its words. */
const HARMLESS_SHARE = 0.25;
/** The level of a line that its program does not call an error. */
const LOW_LEVEL =
  /\blevel["']?[=:]\s?["']?(?:info|debug|trace)\b|^\W{0,4}(?:INFO|DEBUG|TRACE|info|debug|trace|hint|note)\b|\s(?:INFO|DEBUG|TRACE)\s/;
const LOW_LEVEL_SHARE = 0.4;

/** `line` is without escapes and the time before it. Linear in its length, of which 1,000 characters are read. */
export function judgeLine(line: string): Verdict {
  const read = line.length > 1000 ? line.slice(0, 1000) : line;
  const rule = RULES.findIndex(({ form }) => form.test(read));
  const { kind, weight } = RULES[rule] ?? { kind: "plain", weight: 0 };
  // What counts or ended says that something failed, whatever stands beside it: "1 failed, 20 passed".
  if (kind !== "error") return { kind, weight, rule };
  if (HARMLESS.test(read)) return { kind: "plain", weight: weight * HARMLESS_SHARE, rule: NO_RULE };
  return { kind, weight: LOW_LEVEL.test(read) ? weight * LOW_LEVEL_SHARE : weight, rule };
}

const NO_RULE = -1;
