import type { NameKind } from "./names.ts";

/** Names in scripts without word boundaries, by how much they say; NFD and half-width forms are added below. */
const NAMES: [kind: NameKind, names: string][] = [
  [
    "password",
    "비밀번호 패스워드 암호 비번 패스프레이즈 パスワード パスフレーズ 暗証番号 暗証コード 密码 密碼 口令 pаssвord",
  ],
  ["password", "пароль пароля пароли парольная"],
  [
    "secret",
    "비밀키 비밀열쇠 개인키 암호키 암호화키 시크릿키 시크릿 秘密鍵 暗号鍵 暗号化キー シークレットキー シークレット 密钥 密鑰 秘钥 金鑰 私钥 私鑰 секрет",
  ],
  [
    "token",
    "인증키 접근키 액세스키 API키 인증토큰 액세스토큰 토큰 자격증명 認証キー アクセスキー APIキー トークン 認証情報 令牌 凭证 凭据 憑證 授权码 токен ключ",
  ],
  [
    "code",
    "인증번호 인증코드 보안코드 핀번호 認証コード 認証番号 ワンタイムパスワード 验证码 驗證碼",
  ],
];

const HALF_WIDTH: [NameKind, string][] = [
  ["password", "ﾊﾟｽﾜｰﾄﾞ"],
  ["token", "ﾄｰｸﾝ"],
];

/** Look-alike letters are replaced by ASCII before the search. */
const asRead = (name: string) =>
  name.replace(
    /[аеорсухкмтвь]/g,
    (letter) => "aeopcyxkmtвь"["аеорсухкмтвь".indexOf(letter)] ?? letter,
  );

export const FOREIGN_NAMES: ReadonlyMap<string, NameKind> = new Map(
  [
    ...NAMES.flatMap(([kind, names]) =>
      names.split(" ").flatMap((name): [string, NameKind][] => [
        [asRead(name), kind],
        [name.normalize("NFD"), kind],
        [name, kind],
      ]),
    ),
    ...HALF_WIDTH.map(([kind, name]): [string, NameKind] => [name, kind]),
  ].map(([name, kind]) => [name.toLowerCase(), kind]),
);

/** Longest first, for a pattern of alternatives. */
export const FOREIGN_ALTERNATIVES = [...FOREIGN_NAMES.keys()]
  .toSorted((a, b) => b.length - a.length)
  .join("|");
