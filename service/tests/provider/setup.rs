//! A verifier for a hostile provider, and tokens that differ from a valid one in what a test is about.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use service::bearer::BearerToken;
use service::client::Client;
use service::moment::Moment;
use service::provider::{Provider, ProviderSettings};
use service::refusal::Refusal;
use service::verifier::{Identity, Verifier};

use crate::hostile::Hostile;
use crate::signer::{Signer, changed};

/// The time limit of requests, for tests in which the provider does not answer.
pub(crate) const SHORT: Duration = Duration::from_millis(500);

/// More than the distance between two fetches of the keys.
pub(crate) const LATER: Duration = Duration::from_secs(31);

/// The audience and client id of the verifier.
pub(crate) const AUDIENCE: &str = "waxapi";

/// The client secret of the verifier.
pub(crate) const SECRET: &str = "the canary secret";

/// A verifier and its provider, at one time.
pub(crate) struct Setup {
    pub(crate) key: Signer,
    pub(crate) provider: Hostile,
    pub(crate) verifier: Verifier,
    pub(crate) now: Moment,
}

impl Setup {
    /// Creates a verifier with groups and no prefixes, and otherwise default settings.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Creates a verifier with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut ProviderSettings)) -> Self {
        let key = Signer::p256("first");
        let provider = Hostile::start(&key).await;
        let verifier = verifier(&provider, change, Client::new(None).unwrap());
        Self {
            key,
            provider,
            verifier,
            now: Moment::now(),
        }
    }

    /// Creates a verifier that does not wait for long.
    pub(crate) async fn impatient() -> Self {
        let key = Signer::p256("first");
        let provider = Hostile::start(&key).await;
        let client = Client::with_limit(None, SHORT).unwrap();
        let verifier = verifier(&provider, |_| {}, client);
        Self {
            key,
            provider,
            verifier,
            now: Moment::now(),
        }
    }

    /// Returns the claims of a valid access token with other claims; null removes a claim.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let now = self.now.wall.as_second();
        let valid = json!({
            "iss": self.provider.issuer, "aud": AUDIENCE, "sub": "alice", "client_id": AUDIENCE,
            "iat": now, "exp": now + 300, "groups": ["team"],
        });
        changed(valid, changes)
    }

    /// Returns a signed access token with other claims.
    pub(crate) fn token(&self, changes: &Value) -> String {
        self.key.sign(&self.claims(changes))
    }

    /// Verifies a token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Identity, Refusal> {
        self.verify_at(token, self.now).await
    }

    /// Verifies a token at another time.
    pub(crate) async fn verify_at(&self, token: &str, now: Moment) -> Result<Identity, Refusal> {
        let token = BearerToken::parse(token.as_bytes()).map_err(Refusal::Bearer)?;
        self.verifier.verify(&token, now).await
    }

    /// Verifies a signed access token with other claims.
    pub(crate) async fn verify_claims(&self, changes: &Value) -> Result<Identity, Refusal> {
        self.verify(&self.token(changes)).await
    }
}

fn verifier(
    provider: &Hostile,
    change: impl FnOnce(&mut ProviderSettings),
    client: Client,
) -> Verifier {
    let mut settings = ProviderSettings::new(&provider.issuer, AUDIENCE);
    settings.client_secret = Some(SecretString::from(SECRET));
    settings.username_prefix = "-".to_owned();
    settings.groups_claim = "groups".to_owned();
    change(&mut settings);
    Verifier::new(Provider::new(settings).unwrap(), client)
}
