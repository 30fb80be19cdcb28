use super::*;

#[rstest::rstest]
#[case("PASSWORD")]
#[case("PASSWORD_DB")]
#[case("MYSQL_ROOT_PASSWORD")]
#[case("DBPASSWORD")]
#[case("DB_PASS")]
#[case("DBPASS")]
#[case("dbPwd")]
#[case("redis-passwd")]
#[case("dbPassword2")]
#[case("KEY_PASSPHRASE")]
#[case("SECRET_KEY")]
#[case("SECRET_KEY_BASE")]
#[case("AWS_SECRET_ACCESS_KEY")]
#[case("s3.secretAccessKey")]
#[case("AWSSECRETACCESSKEY")]
#[case("apiKey")]
#[case("APIKEY")]
#[case("MAPS_API_KEY_2")]
#[case("x-api-key")]
#[case("PRIVATE_KEY")]
#[case("ssh-private-key")]
#[case("clientSecret")]
#[case("sasl.password")]
#[case("spring.datasource.password")]
fn name_of_secret_is_unmistakable(#[case] name: &str) {
    assert_eq!(tells(name), Some(Telling::Unmistakably));
    assert!(hides(name));
}

#[rstest::rstest]
#[case("PULL_SECRET")]
#[case("IMAGE_PULL_SECRET")]
#[case("GITHUB_TOKEN")]
#[case("github.token")]
#[case("MYTOKEN")]
#[case("accesstoken")]
#[case("JWTSecret")]
#[case("GCP_CREDENTIALS")]
#[case("gcp-creds")]
#[case("API_TOKENS")]
fn name_of_secret_is_clear(#[case] name: &str) {
    assert_eq!(tells(name), Some(Telling::Clearly));
    assert!(hides(name));
}

#[rstest::rstest]
#[case("STRIPE_KEY")]
#[case("FERNET_KEY")]
#[case("serviceKey")]
#[case("BASIC_AUTH")]
#[case("COOKIE_SALT")]
#[case("passwordKey")]
#[case("DB_PASSWORD_KEY")]
fn name_of_random_value_is_weak(#[case] name: &str) {
    assert_eq!(tells(name), Some(Telling::Weakly));
}

#[rstest::rstest]
#[case("TOKENIZER")]
#[case("TOKENIZER_MODEL")]
#[case("TOKENIZERS_PARALLELISM")]
#[case("max_tokens")]
#[case("eos_token")]
#[case("nextPageToken")]
#[case("SECRET_ARN")]
#[case("SECRET_ID")]
#[case("SECRET_URI")]
#[case("SECRET_NAME")]
#[case("secretName")]
#[case("TOKEN_ISSUER")]
#[case("TOKEN_AUDIENCE")]
#[case("TOKEN_TYPE")]
#[case("tokenUrl")]
#[case("tokenURL")]
#[case("TOKEN_URL_2")]
#[case("TOKEN_BUCKET_SIZE")]
#[case("PASSWORD_POLICY")]
#[case("PASSWORD_FIELD")]
#[case("PASSWORD_FILE")]
#[case("password_hash")]
#[case("passwordless")]
#[case("password_hasher")]
#[case("PASSWORD_HASHERS")]
#[case("password_scheme")]
#[case("password_validator")]
#[case("CREDENTIALS_PROVIDER")]
#[case("AWS_SECRETSMANAGER_REGION")]
// The form of an AWS key is recognized, so its name need not be.
#[case("AWS_ACCESS_KEY_ID")]
#[case("PARTITION_KEY")]
#[case("primary_key")]
#[case("sort-key")]
#[case("routingKey")]
#[case("KEY_BY")]
#[case("key")]
#[case("keyspace")]
#[case("PASSTHROUGH")]
#[case("pass_through")]
#[case("first_pass")]
#[case("bypass")]
#[case("compass")]
#[case("PASSENGER")]
#[case("passenger_count")]
#[case("AUTHOR")]
#[case("authority")]
#[case("secretary")]
#[case("TOPIC")]
fn harmless_name_does_not_tell(#[case] name: &str) {
    assert_eq!(tells(name), None);
}

#[rstest::rstest]
#[case("AWS_ACCESS_KEY_ID", true)]
#[case("SECRET_ID", true)]
#[case("TOPIC", false)]
#[case("max_tokens", false)]
#[case("TOKENIZER_MODEL", false)]
#[case("PARTITION_KEY", false)]
fn value_about_secret_is_hidden(#[case] name: &str, #[case] hidden: bool) {
    assert_eq!(hides(name), hidden);
}
