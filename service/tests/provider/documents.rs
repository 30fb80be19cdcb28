//! Attacks 13 and 14, and documents that are large, malformed or never end.

use serde_json::json;
use service::client::FetchFault;
use service::discovery::DiscoveryFault;
use service::fault::{Document, ProviderFault};
use service::json::JsonFault;
use service::jwk::KeySetFault;
use service::refusal::Refusal;
use service::remedy::Setting;

use crate::hostile::{DISCOVERY, KEYS, Reply};
use crate::setup::{LATER, Setup};

/// Returns the fault of a provider with another answer.
async fn fault(setup: &Setup, path: &str, reply: Reply) -> ProviderFault {
    setup.provider.set(path, reply);
    match setup.verify_claims(&json!({})).await {
        Err(Refusal::Provider(fault)) => {
            assert_eq!(
                setup.verifier.readiness(setup.now.steady),
                Err(fault.clone())
            );
            fault
        }
        other => panic!("{path} gave {other:?}"),
    }
}

fn fetch(document: Document, fault: FetchFault) -> ProviderFault {
    ProviderFault::Fetch { document, fault }
}

#[tokio::test]
async fn attack_13_other_issuer_is_named_with_ours() {
    let setup = Setup::new().await;
    let mut document = setup.provider.discovery();
    document["issuer"] = json!(format!("{}/", setup.provider.issuer));
    let fault = fault(&setup, DISCOVERY, Reply::Json(document)).await;
    let expected = DiscoveryFault::OtherIssuer {
        configured: setup.provider.issuer.clone(),
        found: format!("{}/", setup.provider.issuer),
    };
    assert_eq!(fault, ProviderFault::Discovery(expected));
    assert_eq!(fault.remedy().setting(), Some(Setting::Issuer));
    assert_eq!(setup.provider.count(KEYS), 0);
}

#[tokio::test]
async fn attack_14_redirect_is_not_followed() {
    for (path, document) in [(DISCOVERY, Document::Discovery), (KEYS, Document::Keys)] {
        let setup = Setup::new().await;
        let target = format!("{}/target", setup.provider.issuer);
        let found = fault(&setup, path, Reply::Redirect(target)).await;
        assert_eq!(found, fetch(document, FetchFault::Redirect(302)));
        assert_eq!(setup.provider.count("/target"), 0);
    }
}

#[tokio::test]
async fn attack_14_keys_at_metadata_address_are_refused() {
    let setup = Setup::new().await;
    let mut document = setup.provider.discovery();
    document["jwks_uri"] = json!("http://169.254.169.254/latest/meta-data");
    let found = fault(&setup, DISCOVERY, Reply::Json(document)).await;
    assert!(
        matches!(
            found,
            ProviderFault::Discovery(DiscoveryFault::Endpoint { .. })
        ),
        "{found}"
    );
}

#[tokio::test]
async fn unusable_document_makes_provider_unready() {
    let large = vec![b'['; 2 * 1024 * 1024];
    for (path, reply, expected) in [
        (
            DISCOVERY,
            Reply::Bytes(500, Vec::new()),
            fetch(Document::Discovery, FetchFault::Status(500)),
        ),
        (
            DISCOVERY,
            Reply::Bytes(200, large.clone()),
            fetch(
                Document::Discovery,
                FetchFault::TooLarge { limit: 256 * 1024 },
            ),
        ),
        (
            DISCOVERY,
            Reply::Bytes(200, b"<html>".to_vec()),
            ProviderFault::Discovery(DiscoveryFault::Json(JsonFault::Malformed)),
        ),
        (
            KEYS,
            Reply::Bytes(200, large),
            fetch(Document::Keys, FetchFault::TooLarge { limit: 1024 * 1024 }),
        ),
        (
            KEYS,
            Reply::Bytes(200, vec![0xff; 100]),
            ProviderFault::Keys(KeySetFault::Json(JsonFault::Malformed)),
        ),
        (
            KEYS,
            Reply::Json(json!({"keys": {}})),
            ProviderFault::Keys(KeySetFault::NoList),
        ),
        (
            KEYS,
            Reply::Json(json!({"keys": vec![1; 1000]})),
            ProviderFault::Keys(KeySetFault::TooMany { count: 1000 }),
        ),
    ] {
        let setup = Setup::new().await;
        assert_eq!(fault(&setup, path, reply).await, expected);
    }
}

#[tokio::test]
async fn silent_provider_is_given_up() {
    for (path, reply, document) in [
        (DISCOVERY, Reply::Silence, Document::Discovery),
        (KEYS, Reply::Silence, Document::Keys),
        (KEYS, Reply::Unfinished, Document::Keys),
    ] {
        let setup = Setup::impatient().await;
        let found = fault(&setup, path, reply).await;
        assert_eq!(found, fetch(document, FetchFault::Timeout));
        assert_eq!(Refusal::Provider(found).status(), 503);
    }
}

#[tokio::test]
async fn provider_is_asked_again_after_failure() {
    let setup = Setup::new().await;
    assert!(setup.verifier.readiness(setup.now.steady).is_err());
    fault(&setup, DISCOVERY, Reply::Bytes(503, Vec::new())).await;
    setup
        .provider
        .set(DISCOVERY, Reply::Json(setup.provider.discovery()));
    assert!(setup.verify_claims(&json!({})).await.is_err());
    assert_eq!(
        setup.provider.count(DISCOVERY),
        1,
        "the provider was asked twice in a second"
    );
    let later = setup.now.after(LATER);
    assert!(
        setup
            .verify_at(&setup.token(&json!({})), later)
            .await
            .is_ok()
    );
    assert!(setup.verifier.readiness(later.steady).is_ok());
}
