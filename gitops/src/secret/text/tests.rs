use super::*;

fn found(path: &str, text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let hits = hits(&lines, Lexer::new(path));
    let shown = hits.into_iter().filter(|hit| !hit.continued);
    shown
        .map(|hit| (hit.line + 1, hit.rule.into_owned()))
        .collect()
}

fn named(name: &str) -> String {
    format!("a secret, judging by the name `{name}`")
}

#[rstest::rstest]
#[case("env:\n- name: DB_PASSWORD\n  value: hunter2\n", 3)]
#[case("env:\n- value: hunter2\n  name: DB_PASSWORD\n", 2)]
#[case("- name: DB_PASSWORD\n  # of the database\n  value: \"hunter2\"\n", 3)]
#[case("- name: DB_PASSWORD\n  value: |-\n    hunter2\n", 3)]
#[case("\"name\": \"DB_PASSWORD\",\n\"value\": \"hunter2\"\n", 2)]
fn item_of_two_lines_is_found(#[case] text: &str, #[case] line: usize) {
    assert_eq!(found("x.yaml", text), [(line, named("DB_PASSWORD"))]);
}

#[test]
fn value_in_next_line_is_found() {
    let yaml = "args:\n- --password\n- hunter2\n";
    assert_eq!(found("x.yaml", yaml), [(3, named("password"))]);
    let yaml = "db:\n  password: >-\n    hunter2\n";
    assert_eq!(found("x.yaml", yaml), [(3, named("password"))]);
    let yaml = "password:\n  - min8\n  - max64\n";
    assert_eq!(found("x.yaml", yaml), []);
    let code = "password = (\n    'hunter2'\n)\n";
    assert_eq!(found("x.py", code), [(2, named("password"))]);
}

#[rstest::rstest]
#[case("- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: orders-db\n")]
#[case("- name: DB_PASSWORD\n  value: $(OTHER)\n- name: LEVEL\n  value: hunter2\n")]
#[case("password:\n  secretKeyRef:\n    name: orders\n")]
#[case("- name: DB_PASSWORD\n  value: hunter2 # waxctl:allow-secret\n")]
#[case("- name: DB_PASSWORD\n  value: $(X)\n- name: A\n  value: b\n- name: C\n  value: d\n")]
fn harmless_settings_of_lines_pass(#[case] text: &str) {
    assert_eq!(found("x.yaml", text), []);
}

#[test]
fn mark_lets_only_its_line_through() {
    let text = "password = 'hunter2'  # waxctl:allow-secret\npassword = 'hunter2'\n";
    assert_eq!(found("x.py", text), [(2, named("password"))]);
}

#[rstest::rstest]
#[case("password = 'hun' 'ter2'\n", 1)]
#[case("x = 1\nconnect(password=(\n    'hun'\n    'ter2'))\n", 3)]
#[case("conf['password'] = 'hun' + 'ter2'\n", 1)]
#[case("password = ''.join(['hun', 'ter2'])\n", 1)]
#[case("password = ''.join(['hunter2'])\n", 1)]
#[case("args = 'pass' 'word=hunter2'\n", 1)]
#[case("password = \"\"\"\\\nhunter2\n\"\"\"\n", 2)]
#[case("pairs = [\n    ('password',\n     'hunter2'),\n]\n", 3)]
#[case("PASSWORDS = [\n    'hunter2',\n]\n", 2)]
fn secret_in_pieces_is_found(#[case] text: &str, #[case] line: usize) {
    let lines: Vec<usize> = found("x.py", text)
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    assert_eq!(lines, [line], "{text}");
}

#[rstest::rstest]
#[case(
    "add_argument(\n    '--password',\n    help='x',\n    default='hunter2',\n)\n",
    4
)]
#[case(
    "add_argument('--password',\n    help='x', metavar='X',\n    default='hunter2')\n",
    3
)]
#[case("run([\n    'cli',\n    '--password',\n    'hunter2',\n])\n", 4)]
#[case(
    "get(\n    url,\n    auth=(\n        'app',\n        'letters-only',\n    ),\n)\n",
    5
)]
#[case(
    "variable \"db_password\" {\n  type = string\n  default = \"hunter2\"\n}\n",
    3
)]
fn value_of_later_argument_is_found(#[case] text: &str, #[case] line: usize) {
    let path = if text.starts_with("variable") {
        "x.tf"
    } else {
        "x.py"
    };
    let found = found(path, text).into_iter();
    let lines: Vec<usize> = found.map(|(line, _)| line).collect();
    assert_eq!(lines, [line], "{text}");
}

#[rstest::rstest]
#[case("add('--password',\n    help='x')\nadd('--level',\n    default='info2x')\n")]
#[case("run([\n    '--password',\n    '--level',\n    level,\n])\ndefault = 'info2x'\n")]
#[case("variable \"db_password\" {\n}\nvariable \"region\" {\n  default = \"eu-west-1\"\n}\n")]
#[case("auth=(\n    user,\n    password,\n)\nx = [\n    'hunter2',\n]\n")]
fn value_behind_closed_call_is_harmless(#[case] text: &str) {
    assert_eq!(found("x.py", text), []);
}

#[test]
fn token_in_pieces_is_found_by_shape() {
    let text = "token = ('ghp_'\n    '0123456789abcdefghijABCDEFGHIJ')\n";
    assert_eq!(found("x.py", text), [(1, "a GitHub token".to_owned())]);
    let text = "a = 'postgres://app:' + 'hunter2@db.shop.net/x'\n";
    assert_eq!(found("x.py", text), [(1, "a password in a URL".to_owned())]);
    let text = text.replace("x'", "x'  # waxctl:allow-secret");
    assert_eq!(found("x.py", &text), []);
}

#[rstest::rstest]
#[case("raise ValueError('the password '\n    'must have 8 characters')\n")]
#[case("url = 'postgres://app:' + password + '@db.shop.net/x'\n")]
#[case("help = ('Reads the token '\n    'from file 2')\n")]
#[case("token = 'Bearer ' + token + ' 2'\n")]
#[case("password = input('Password of ' + user + ' 2: ')\n")]
fn harmless_text_in_pieces_passes(#[case] text: &str) {
    assert_eq!(found("x.py", text), []);
}

#[test]
fn line_with_many_secrets_is_hidden_whole() {
    let pairs: String = (0..120)
        .map(|i| format!("\"password{i}\": \"hunter{i}x9\", "))
        .collect();
    let line = format!("C = {{{pairs}}}");
    let found = hits(&[&line], Lexer::new("flow.py"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].range, 0..line.len());
}

#[test]
fn many_secrets_in_pieces_are_hidden_whole() {
    let lines: Vec<String> = (0..120)
        .map(|i| format!("    'pass' 'word{i}=hunter{i}x9 '"))
        .collect();
    let code = format!("C = (\n{}\n)", lines.join("\n"));
    let lines: Vec<&str> = code.lines().collect();
    let found = hits(&lines, Lexer::new("flow.py"));
    let hidden = |line: usize| found.iter().any(|hit| hit.line == line);
    assert!((1..=120).all(hidden), "{found:?}");
}

#[test]
fn secret_in_base64_is_found() {
    // password=hunter2
    let text = "data:\n  app.env: cGFzc3dvcmQ9aHVudGVyMg==\n";
    assert_eq!(found("x.yaml", text), [(2, named("password"))]);
    let image = "icon: iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\n";
    assert_eq!(found("x.yaml", image), []);
}

#[test]
fn hostile_text_is_searched_in_linear_time() {
    let parts = [
        "password=",
        "password='",
        "\"token\": ",
        "://a:",
        "@tcp(",
        "curl -u ",
        "eyJ.",
        "npm_-",
        "a/",
        "{{${",
        "basic ",
        "-----BEGIN ",
        "auth=(",
        "password: str | ",
        "x=1 or ",
        "'a' + ",
        "''.join(['",
        "<password a='",
        "<name>password</name>",
        "a:b@c:1/",
        "mysql -p",
        "a, password = 'b', ",
        "kind: Secret ",
        "curl \\",
        "curl -",
        "create secret --from-literal=a=",
        "echo --password-stdin ",
        "'a' == password ",
        "compare_digest(",
        "insert into t (password) ",
        "values ('a', ",
        "identified ",
        "set password ",
        "password in (",
        "os.environ[\"A_TOKEN",
        "auth=('a', ",
        "'--password',",
        "variable \"password\" {",
        "$1$",
        "Authorization: Bearer ",
        "| password |",
    ];
    for path in ["x.py", "x.yaml", "x.md"] {
        for part in parts {
            let text = part.repeat(2_000 / part.len());
            found(path, &text);
            found(path, &text.replace(part, &format!("{part}\n")));
        }
    }
}

#[test]
fn key_hides_all_its_lines() {
    let begin = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
    let text = format!(
        "k = '''{begin}\nMIIEowIBAAKCAQEAx8Kd9f\nab==\n-----END RSA PRIVATE KEY-----'''\nx = 1\n"
    );
    let lines: Vec<&str> = text.lines().collect();
    let hits = hits(&lines, Lexer::new("x.py"));
    let numbers: Vec<(usize, bool)> = hits.iter().map(|hit| (hit.line, hit.continued)).collect();
    assert_eq!(numbers, [(0, false), (1, true), (2, true), (3, true)]);
}
