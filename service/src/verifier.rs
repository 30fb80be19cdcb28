//! Turns a bearer token into an identity in Kubernetes, with the provider's keys and, where needed, its answers.
//!
//! The steps are decisions of other modules; this one puts them in order:
//!
//! 1. A token that looks signed is read ([`jws`]), its key is found, its signature verified. Only then its kind
//!    ([`kind`]) and its [`claims`] count. An unknown key causes at most one fetch of the keys.
//! 2. Any other token is shown to the provider ([`opaque`]), if the settings allow that.
//! 3. Claims that the names need and the token lacks come from the userinfo endpoint.
//! 4. The claims become names ([`mapping`](crate::mapping)).
//!
//! The time is an input of each step. Begin reading with [`Verifier::verify`].

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::answer_source::{AnswerSource, Credentials};
use crate::bearer::BearerToken;
use crate::claims;
use crate::client::Client;
use crate::fault::ProviderFault;
use crate::json::Object;
use crate::jws::{self, Jws, JwsFault};
use crate::key_source::KeySource;
use crate::key_store::{Counts, Published};
use crate::kind::{self, TokenKind};
use crate::moment::Moment;
use crate::opaque::{self, AnswerFault};
use crate::provider::{ClaimsFrom, OpaqueTokens, Provider};
use crate::refusal::Refusal;

/// Verifies tokens of one provider.
#[derive(Debug)]
pub struct Verifier {
    provider: Provider,
    keys: Arc<KeySource>,
    answers: AnswerSource,
}

/// Who has sent a request, as Kubernetes names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user, with its prefix.
    pub user: String,
    /// The groups, with their prefix.
    pub groups: Vec<String>,
    /// The subject at the provider.
    pub subject: String,
    /// The time at which the token expires, if that is known.
    pub expires: Option<Timestamp>,
    /// The kind of the token.
    pub kind: TokenKind,
}

/// A token that counts here and now.
struct Valid {
    claims: Object,
    subject: String,
    expires: Option<Timestamp>,
    kind: TokenKind,
    /// Whether the claims already are those of the userinfo endpoint.
    from_userinfo: bool,
}

impl Verifier {
    /// Creates a verifier that has not asked the provider yet.
    pub fn new(provider: Provider, client: Client) -> Self {
        Self {
            keys: KeySource::new(provider.issuer.clone(), client.clone()),
            answers: AnswerSource::new(client),
            provider,
        }
    }

    /// Returns the provider.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Returns the identity of whoever has sent a token.
    ///
    /// # Errors
    ///
    /// Returns the first reason why the token gives none.
    pub async fn verify(&self, token: &BearerToken, now: Moment) -> Result<Identity, Refusal> {
        let mut valid = match jws::is_signed(token.expose()) {
            true => self.signed(token, now).await?,
            false => self.opaque(token, now).await?,
        };
        self.complete(&mut valid, token, now).await?;
        let names = self.provider.mapping.names(&valid.claims);
        let names = names.map_err(Refusal::Name)?;
        Ok(Identity {
            user: names.user,
            groups: names.groups,
            subject: valid.subject,
            expires: valid.expires,
            kind: valid.kind,
        })
    }

    /// Fetches the keys now, unless the last fetch was a short time ago.
    pub async fn refresh(&self, now: Instant) {
        self.keys.fetch(now).await;
    }

    /// Fetches the keys whenever that is due, as long as the server runs.
    pub async fn keep_fresh(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.keys.due_in(Instant::now())).await;
            self.keys.fetch(Instant::now()).await;
        }
    }

    /// Returns the time until the next fetch that no token causes.
    pub fn refresh_due_in(&self, now: Instant) -> Duration {
        self.keys.due_in(now)
    }

    /// Checks that signed tokens can be verified.
    ///
    /// # Errors
    ///
    /// Returns the reason if there are no usable keys.
    pub fn readiness(&self, now: Instant) -> Result<(), ProviderFault> {
        self.keys.readiness(now).map(drop)
    }

    /// Returns the reason why the last fetch has failed, also while old keys serve.
    pub fn last_fault(&self) -> Option<ProviderFault> {
        self.keys.last_fault()
    }

    /// Returns the counts of fetches.
    pub fn counts(&self) -> Counts {
        self.keys.counts()
    }

    async fn published(&self, now: Instant) -> Result<Published, Refusal> {
        self.keys.published(now).await.map_err(Refusal::Provider)
    }

    async fn signed(&self, token: &BearerToken, now: Moment) -> Result<Valid, Refusal> {
        let jws = Jws::parse(token.expose()).map_err(Refusal::Signature)?;
        let accepted = jws.require(&self.provider.algorithms);
        accepted.map_err(Refusal::Signature)?;
        let published = self.published(now.steady).await?;
        let claims = match jws.verify(&published.keys) {
            Err(JwsFault::UnknownKey) => {
                self.verify_by_newer(&jws, published.version, now.steady)
                    .await
            }
            found => found,
        };
        let claims = claims.map_err(Refusal::Signature)?;
        let header_type = jws.header().token_type.as_deref();
        let kind = kind::kind(header_type, &claims, &self.provider).map_err(Refusal::Kind)?;
        let validity = claims::check(&claims, &self.provider, now.wall).map_err(Refusal::Claims)?;
        Ok(Valid {
            claims,
            subject: validity.subject,
            expires: Some(validity.expires),
            kind,
            from_userinfo: false,
        })
    }

    /// Verifies a token whose key is unknown by keys that are fetched now, if that is allowed.
    async fn verify_by_newer(
        &self,
        jws: &Jws<'_>,
        version: u64,
        now: Instant,
    ) -> Result<Object, JwsFault> {
        let key_id = jws.header().key_id.as_deref();
        let newer = self.keys.newer(version, key_id, now).await;
        let fetched = newer.is_some();
        let found = newer.map_or(Err(JwsFault::UnknownKey), |newer| jws.verify(&newer.keys));
        if let (true, Err(JwsFault::UnknownKey), Some(id)) = (fetched, &found, key_id) {
            self.keys.note_unknown(id, now);
        }
        found
    }

    async fn opaque(&self, token: &BearerToken, now: Moment) -> Result<Valid, Refusal> {
        let refuse = |fault| Err(Refusal::Answer(fault));
        let way = self.provider.opaque_tokens;
        if way == OpaqueTokens::Refuse {
            return refuse(AnswerFault::NotAccepted);
        }
        let discovery = self.published(now.steady).await?.discovery;
        let secret = &self.provider.client_secret;
        if let (Some(introspection), Some(secret)) = (&discovery.introspection, secret) {
            let credentials = Credentials {
                id: &self.provider.client_id,
                secret,
            };
            let answer = self
                .answers
                .introspection(token, introspection, credentials, now)
                .await;
            let claims = answer
                .map_err(Refusal::Provider)?
                .map_err(Refusal::Answer)?;
            return self
                .introspected(&claims, now.wall)
                .map_err(Refusal::Answer);
        }
        match (way, &discovery.userinfo, &discovery.introspection) {
            (OpaqueTokens::IntrospectOrUserinfo, Some(endpoint), _) => {
                let answer = self.answers.userinfo(token, endpoint, now).await;
                let claims = answer
                    .map_err(Refusal::Provider)?
                    .map_err(Refusal::Answer)?;
                let subject = claims::subject(&claims).map_err(Refusal::Claims)?;
                Ok(Valid {
                    claims: Object::clone(&claims),
                    subject,
                    expires: None,
                    kind: TokenKind::Opaque,
                    from_userinfo: true,
                })
            }
            (_, _, Some(_)) => refuse(AnswerFault::NoSecret),
            (_, _, None) => refuse(AnswerFault::NoIntrospection),
        }
    }

    fn introspected(&self, claims: &Object, now: Timestamp) -> Result<Valid, AnswerFault> {
        let confirmed = opaque::check(claims, &self.provider, now)?;
        Ok(Valid {
            claims: claims.clone(),
            subject: confirmed.subject,
            expires: confirmed.expires,
            kind: TokenKind::Opaque,
            from_userinfo: false,
        })
    }

    /// Adds the claims that the names need and the token lacks.
    async fn complete(
        &self,
        valid: &mut Valid,
        token: &BearerToken,
        now: Moment,
    ) -> Result<(), Refusal> {
        let mapping = &self.provider.mapping;
        if mapping.groups_are_elsewhere(&valid.claims) {
            return Err(Refusal::Answer(AnswerFault::GroupsElsewhere));
        }
        let lacks = mapping.lacks_username(&valid.claims) || mapping.lacks_groups(&valid.claims);
        // An ID token is no token for the userinfo endpoint.
        let can_ask = valid.kind != TokenKind::Id && !valid.from_userinfo;
        if !lacks || !can_ask || self.provider.claims_from == ClaimsFrom::Token {
            return Ok(());
        }
        let discovery = self.published(now.steady).await?.discovery;
        let Some(endpoint) = &discovery.userinfo else {
            return Ok(());
        };
        let answer = self.answers.userinfo(token, endpoint, now).await;
        let userinfo = answer
            .map_err(Refusal::Provider)?
            .map_err(Refusal::Answer)?;
        if claims::subject(&userinfo).as_ref() != Ok(&valid.subject) {
            return Err(Refusal::Answer(AnswerFault::OtherSubject));
        }
        if mapping.lacks_groups(&valid.claims) && mapping.groups_are_elsewhere(&userinfo) {
            return Err(Refusal::Answer(AnswerFault::GroupsElsewhere));
        }
        mapping.supplement(&mut valid.claims, &userinfo);
        Ok(())
    }
}
