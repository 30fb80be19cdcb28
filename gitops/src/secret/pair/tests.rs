use super::*;

fn found(line: &str, syntax: Syntax) -> Vec<&str> {
    let strings = super::super::lex::Lexer::new("x.py").texts(line);
    let pairs = secrets(line, syntax, &|at| {
        strings.iter().any(|text| text.range.contains(&at)) && syntax == Syntax::Code
    });
    pairs.into_iter().map(|pair| &line[pair.value]).collect()
}

#[rstest::rstest]
#[case("password = \"hunter2\"", "hunter2")]
#[case("self.db_password='hunter2'", "hunter2")]
#[case("def f(user, password: str = \"hunter2\"):", "hunter2")]
#[case("connect(host='db', password='S3cr3t$Pass!')", "S3cr3t$Pass!")]
#[case("conf = {\"sasl.password\": \"hunter2\"}", "hunter2")]
#[case("conf[\"sasl.password\"] = \"hunter2\"", "hunter2")]
#[case("os.environ[\"DB_PASSWORD\"] = 'hunter2'", "hunter2")]
#[case("os.getenv(\"DB_PASSWORD\", \"hunter2\")", "hunter2")]
#[case("os.environ.setdefault('API_KEY', 'abc123def456')", "abc123def456")]
#[case("password = os.getenv('DBP') or 'hunter2'", "hunter2")]
#[case("password = os.environ.get('X', 'hunter2')", "hunter2")]
#[case("token = SecretStr('abc123def456')", "abc123def456")]
#[case("if password == 'hunter2':", "hunter2")]
#[case("if password in ('hunter2', other):", "hunter2")]
#[case("password += 'hunter2'", "hunter2")]
#[case("password = f\"{'hunter2'}\"", "{'hunter2'}")]
#[case("password = urlsafe_b64decode('hunter2')", "hunter2")]
#[case("os.environ['X_TOKEN'] = 'hunter2xyz'", "hunter2xyz")]
#[case("os.environ.update(X_TOKEN='hunter2xyz')", "hunter2xyz")]
#[case("os.getenv('X_TOKEN', 'hunter2xyz')", "hunter2xyz")]
#[case("variable \"db_password\" { default = \"hunter2\" }", "hunter2")]
#[case(
    "get(url, auth=('app', 'letters-only-password'))",
    "letters-only-password"
)]
#[case("session.auth = 'app', 'correct-horse'", "correct-horse")]
#[case("conf(basic_auth=['app', 'correct-horse'])", "correct-horse")]
#[case("PASSWORD = 12345678", "12345678")]
#[case("env(name=\"DB_PASSWORD\", value=\"hunter2\")", "hunter2")]
#[case("{\"name\": \"DB_PASSWORD\", \"value\": \"hunter2\"}", "hunter2")]
#[case("(\"password\", \"hunter2\")", "hunter2")]
#[case("# password = hunter2", "hunter2")]
#[case("# the password is hunter2", "hunter2")]
#[case("dsn = 'host=db user=app password=hunter2 dbname=x'", "hunter2")]
#[case("c = 'Server=db;Uid=app;Pwd=hunter2;'", "hunter2")]
#[case("j = 'required username=\"app\" password=\"hunter2\";'", "hunter2")]
#[case(
    "j = \"required username=\\\"app\\\" password=\\\"hunter2\\\";\"",
    "hunter2"
)]
#[case("sql = \"CREATE USER app PASSWORD 'hunter2'\"", "hunter2")]
#[case("requests.get(url, auth=('ann', 'hunter2'))", "hunter2")]
#[case("requests.get(url, auth=HTTPBasicAuth('ann', 'hunter2'))", "hunter2")]
#[case("run(['cli', '--password', 'hunter2'])", "hunter2")]
#[case("PASSWORDS = {'prod': 'hunter2'}", "hunter2")]
#[case("passwords['prod'] = 'hunter2'", "hunter2")]
#[case("login = Credentials('app', 'hunter2')", "hunter2")]
#[case("# use password hunter2 here", "hunter2")]
#[case("# password -> hunter2", "hunter2")]
#[case("# pw: hunter2", "hunter2")]
#[case("PASSWORDS = ['hunter2', 'hunter3']", "hunter2")]
#[case("x = '<password>hunter2</password>'", "hunter2")]
#[case("STRIPE_KEY = 'x8Kd9fLq2Ws7Vb3Nz1Yt'", "x8Kd9fLq2Ws7Vb3Nz1Yt")]
#[case(
    "get('https://x.net/c?sv=1&sig=x8Kd9fLq2Ws7Vb3Nz1Yt')",
    "x8Kd9fLq2Ws7Vb3Nz1Yt"
)]
#[case(
    "{'Authorization': 'Token x8Kd9fLq2Ws7Vb3Nz1Yt'}",
    "Token x8Kd9fLq2Ws7Vb3Nz1Yt"
)]
fn secret_in_code_is_found(#[case] line: &str, #[case] secret: &str) {
    assert_eq!(found(line, Syntax::Code), [secret], "{line}");
}

#[rstest::rstest]
#[case("password: hunter2", "hunter2")]
#[case("  - password: correct horse # of the database", "correct horse")]
#[case("\"password\": \"hunter2\",", "hunter2")]
#[case("DB_PASSWORD=S3cr3t$Pass!", "S3cr3t$Pass!")]
#[case("password: 'it''s-s3cret'", "it''s-s3cret")]
#[case("export GITHUB_TOKEN=correcthorse", "correcthorse")]
#[case("sasl.password = hunter2", "hunter2")]
#[case("  example.com/api-token: abc123def456", "abc123def456")]
#[case("args: [--password, hunter2]", "hunter2")]
#[case("run: cli --db-password=hunter2 --verbose", "hunter2")]
#[case("run: cli --db-password hunter2 --verbose", "hunter2")]
#[case("machine db login app password hunter2", "hunter2")]
#[case("<add key=\"Password\" value=\"hunter2\"/>", "hunter2")]
#[case("//registry.shop.net/:_authToken=abc123def456", "abc123def456")]
#[case("\"auth\": \"YW5uOmh1bnRlcjI=\"", "YW5uOmh1bnRlcjI=")]
fn secret_in_settings_is_found(#[case] line: &str, #[case] secret: &str) {
    assert_eq!(found(line, Syntax::Data), [secret], "{line}");
}

#[rstest::rstest]
#[case("password = os.environ['DB_PASSWORD']")]
#[case("password = getpass.getpass('Password: ')")]
#[case("password: str")]
#[case("def f(user: str, password: str = None):")]
#[case("connect(password=password, token=self.token)")]
#[case("API_KEY = os.getenv(\"API_KEY\", \"\")")]
#[case("PASSWORD_FIELD = \"password\"")]
#[case("TOKEN_ENDPOINT = \"https://login.example.com/oauth/token\"")]
#[case("token = \"\".join([\"a\", \"b\"])")]
#[case("for token in tokens:")]
#[case("token = line.split(' ')[0]")]
#[case("SASL_PASSWORD = \"changeme\"")]
#[case("secret_name = 'orders-db'")]
#[case("def unix_getpass(prompt='Password: ', stream=None):")]
#[case("creds = ' --username=' + auth")]
#[case("x = 'arguments to pass to `op_2` later'")]
#[case("# hash the password argon2id")]
#[case("print(f\"password: {password}\")")]
#[case("raise ValueError(\"password: must not be empty\")")]
#[case("re.compile(r'password=(\\S+)')")]
#[case("log.info('token=%s', token)")]
#[case("{\"token\": \"The\", \"pos\": \"DT\"}")]
#[case("grant = {\"token\": \"client_credentials\"}")]
#[case("fields = [\"user\", \"password\", \"email\"]")]
#[case("auth = ('user', password)")]
#[case("parser.add_argument('--password', help='The password of the user')")]
#[case("tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')")]
#[case("max_tokens = 4096000")]
#[case("passenger = 'Ann 12345'")]
#[case("partition_key = 'a1b2c3d4e5f6a7b8c9'")]
#[case("key = 'a1b2c3d4e5f6a7b8c9'")]
#[case("author = 'Ann Example 2024'")]
#[case("get(url, auth='basic', user='ann2')")]
#[case("SENSITIVE_KEYS = {'password', 'api_key', 'token2'}")]
#[case("SECRET_FIELDS = ['db_pass1', 'db_pass2']")]
#[case("get(url, auth=('user', 'password'))")]
#[case("password += random.choice('abcdef0123456789')")]
#[case("if password in seen:")]
#[case("labels = {'password': 'Contraseña'}")]
#[case("password = keyring.get_password('orders', 'app2')")]
#[case("os.environ['X_TOKEN'] = 'test-token'")]
#[case("variable \"db_password\" { type = string }")]
#[case("# password: the password of the database")]
#[case("# token=self.token, password=get_password()")]
fn harmless_code_has_no_secret(#[case] line: &str) {
    assert_eq!(found(line, Syntax::Code), Vec::<&str>::new());
}

#[rstest::rstest]
#[case("password: ${DB_PASSWORD}")]
#[case("password: $(DB_PASSWORD)")]
#[case("password: {{ .Values.password }}")]
#[case("DB_PASSWORD=")]
#[case("DB_PASSWORD=/run/secrets/db")]
#[case("passwordSecret: orders-db")]
#[case("secretName: orders-db")]
#[case("existingSecret: orders")]
#[case("token: ''")]
#[case("password: !vault |")]
#[case("- secretRef: {name: orders-secrets}")]
#[case("PARTITION_KEY=user_id")]
#[case("POSTGRES_PASSWORD=postgres")]
fn harmless_settings_have_no_secret(#[case] line: &str) {
    assert_eq!(found(line, Syntax::Data), Vec::<&str>::new());
}
