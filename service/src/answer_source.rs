//! Asks a provider about tokens: introspection and userinfo.
//!
//! Requests about one token wait for each other, so the provider is asked once. They wait in a fixed number of lanes,
//! chosen by the hash of the token, so made-up tokens cannot cause more requests at a time than there are lanes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::form_urlencoded;

use crate::answers::{AboutToken, Answers, Question};
use crate::bearer::BearerToken;
use crate::claims;
use crate::client::{Answer, Client, FetchFault, REQUEST_LIMIT};
use crate::discovery::{ClientAuthentication, Introspection};
use crate::endpoint::Endpoint;
use crate::fault::{Document, ProviderFault};
use crate::guarded::Guarded;
use crate::json;
use crate::moment::Moment;
use crate::opaque::{AnswerFault, MAX_ANSWER_BYTES};

/// The number of requests that may ask at a time.
const LANES: usize = 32;

/// The size that a refusal counts for, in bytes.
const REFUSAL_BYTES: usize = 64;

/// Asks one provider.
#[derive(Debug)]
pub(crate) struct AnswerSource {
    client: Client,
    answers: Guarded<Answers>,
    lanes: [Mutex<()>; LANES],
}

/// Our own name and secret at the provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a SecretString,
}

/// An answer with its size in bytes.
struct Received {
    answer: AboutToken,
    bytes: usize,
}

impl Received {
    /// Returns the answer if it confirms the token, and otherwise a refusal, which is kept for a shorter time.
    fn if_active(self) -> Self {
        let active = Some(&Value::Bool(true));
        let members = self.answer.as_ref();
        match members.is_ok_and(|members| members.get("active") == active) {
            true => self,
            false => Self {
                answer: Err(AnswerFault::Inactive),
                bytes: REFUSAL_BYTES,
            },
        }
    }
}

impl AnswerSource {
    /// Creates a source that has asked nothing yet.
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            answers: Guarded::default(),
            lanes: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Returns what the introspection endpoint says about a token.
    pub(crate) async fn introspection(
        &self,
        token: &BearerToken,
        introspection: &Introspection,
        credentials: Credentials<'_>,
        now: Moment,
    ) -> Result<AboutToken, ProviderFault> {
        let ask = async {
            let way = introspection.authentication;
            let basic = (way == ClientAuthentication::Basic).then(|| basic(credentials));
            let form = form(
                token,
                (way == ClientAuthentication::Post).then_some(credentials),
            );
            let endpoint = &introspection.endpoint;
            let answer = self
                .client
                .post(endpoint, basic.as_deref(), form, MAX_ANSWER_BYTES)
                .await;
            match answer {
                Err(FetchFault::Status(status @ (401 | 403))) => {
                    Err(ProviderFault::Credentials(status))
                }
                answer => received(answer, Document::Introspection).map(Received::if_active),
            }
        };
        self.answer(Question::Introspection, token, now, ask).await
    }

    /// Returns what the userinfo endpoint says about the user of a token.
    pub(crate) async fn userinfo(
        &self,
        token: &BearerToken,
        endpoint: &Endpoint,
        now: Moment,
    ) -> Result<AboutToken, ProviderFault> {
        let ask = async {
            let authorization = format!("Bearer {}", token.expose());
            let answer = self
                .client
                .get(endpoint, Some(&authorization), MAX_ANSWER_BYTES)
                .await;
            match answer {
                Err(FetchFault::Status(status @ (400 | 401 | 403))) => Ok(Received {
                    answer: Err(AnswerFault::Userinfo(status)),
                    bytes: REFUSAL_BYTES,
                }),
                answer => received(answer, Document::Userinfo),
            }
        };
        self.answer(Question::Userinfo, token, now, ask).await
    }

    /// Returns the answer that is kept, or asks.
    async fn answer(
        &self,
        question: Question,
        token: &BearerToken,
        now: Moment,
        ask: impl Future<Output = Result<Received, ProviderFault>>,
    ) -> Result<AboutToken, ProviderFault> {
        let key = (question, token.fingerprint());
        let find = || self.answers.with(|answers| answers.find(&key, now.steady));
        if let Some(found) = find() {
            return Ok(found);
        }
        let lane = &self.lanes[usize::from(key.1[0]) % LANES];
        let Ok(_turn) = timeout(REQUEST_LIMIT, lane.lock()).await else {
            return Err(ProviderFault::Busy);
        };
        // Race: the request before this one in the lane may have asked about the same token.
        if let Some(found) = find() {
            return Ok(found);
        }
        let Received { answer, bytes } = ask.await?;
        let size = (bytes, remaining(&answer, now.wall));
        let kept = answer.clone();
        self.answers
            .with(|answers| answers.keep(key, kept, size, now.steady));
        Ok(answer)
    }
}

/// Reads a JSON object from an answer.
fn received(
    answer: Result<Answer, FetchFault>,
    document: Document,
) -> Result<Received, ProviderFault> {
    let answer = answer.map_err(|fault| ProviderFault::Fetch { document, fault })?;
    let members = json::object(&answer.body, MAX_ANSWER_BYTES);
    let members = members.map_err(|fault| ProviderFault::Answer { document, fault })?;
    Ok(Received {
        answer: Ok(Arc::new(members)),
        bytes: answer.body.len(),
    })
}

/// Returns the time until the token expires, if the answer states it.
fn remaining(answer: &AboutToken, now: Timestamp) -> Option<Duration> {
    let members = answer.as_ref().ok()?;
    let expires = claims::time(members, "exp").ok().flatten()?;
    Some(Duration::try_from(expires.duration_since(now)).unwrap_or_default())
}

/// Returns the header `Authorization` of RFC 6749, section 2.3.1.
fn basic(credentials: Credentials<'_>) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (
        encoded(credentials.id),
        encoded(credentials.secret.expose_secret()),
    );
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn form(token: &BearerToken, credentials: Option<Credentials<'_>>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", token.expose());
    form.append_pair("token_type_hint", "access_token");
    if let Some(credentials) = credentials {
        form.append_pair("client_id", credentials.id);
        form.append_pair("client_secret", credentials.secret.expose_secret());
    }
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_encoded_before_base64() {
        let secret = SecretString::from("a:b c%");
        let header = basic(Credentials {
            id: "wax api",
            secret: &secret,
        });
        assert_eq!(
            header,
            format!("Basic {}", STANDARD.encode("wax+api:a%3Ab+c%25"))
        );
    }

    #[test]
    fn form_has_token_and_credentials() {
        let token = BearerToken::parse(b"a+b==").unwrap();
        let secret = SecretString::from("s&x");
        let credentials = Credentials {
            id: "wax",
            secret: &secret,
        };
        let plain = "token=a%2Bb%3D%3D&token_type_hint=access_token";
        assert_eq!(form(&token, None), plain);
        let posted = format!("{plain}&client_id=wax&client_secret=s%26x");
        assert_eq!(form(&token, Some(credentials)), posted);
    }
}
