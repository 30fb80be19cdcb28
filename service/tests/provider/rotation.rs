//! Attack 29: keys that change, go, or cannot be fetched.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::json;
use service::jws::JwsFault;
use service::key_store::Counts;
use service::refusal::Refusal;

use crate::hostile::{DISCOVERY, KEYS, Reply};
use crate::setup::{LATER, Setup};
use crate::signer::Signer;

const UNKNOWN: Refusal = Refusal::Signature(JwsFault::UnknownKey);

#[tokio::test]
async fn attack_29_new_key_needs_one_fetch() {
    let setup = Setup::new().await;
    assert!(setup.verify_claims(&json!({})).await.is_ok());
    let second = Signer::p256("second");
    setup.provider.publish(&[&setup.key, &second]);
    let token = second.sign(&setup.claims(&json!({})));
    let soon = setup.verify(&token).await;
    assert_eq!(soon, Err(UNKNOWN), "two fetches were less than 30 s apart");
    let later = setup.now.after(LATER);
    let requests = (0..20).map(|_| setup.verify_at(&token, later));
    for found in join_all(requests).await {
        assert!(found.is_ok(), "{found:?}");
    }
    assert_eq!(setup.provider.count(KEYS), 2);
}

#[tokio::test]
async fn attack_29_removed_key_is_refused_after_fetch() {
    let setup = Setup::new().await;
    let old = setup.token(&json!({}));
    assert!(setup.verify(&old).await.is_ok());
    setup.provider.publish(&[&Signer::p256("second")]);
    let later = setup.now.after(LATER);
    assert!(setup.verify_at(&old, later).await.is_ok());
    setup.verifier.refresh(later.steady).await;
    assert_eq!(setup.verify_at(&old, later).await, Err(UNKNOWN));
}

#[tokio::test]
async fn attack_29_replaced_key_of_id_is_refused() {
    let setup = Setup::new().await;
    let old = setup.token(&json!({}));
    assert!(setup.verify(&old).await.is_ok());
    let other = Signer::p256("first");
    setup.provider.publish(&[&other]);
    let later = setup.now.after(LATER);
    setup.verifier.refresh(later.steady).await;
    let wrong = Refusal::Signature(JwsFault::Signature);
    assert_eq!(setup.verify_at(&old, later).await, Err(wrong));
    let token = other.sign(&setup.claims(&json!({})));
    assert!(setup.verify_at(&token, later).await.is_ok());
}

#[tokio::test]
async fn attack_29_old_keys_serve_while_provider_fails() {
    let setup = Setup::new().await;
    let token = setup.token(&json!({}));
    assert!(setup.verify(&token).await.is_ok());
    let failures = [
        (KEYS, Reply::Bytes(500, Vec::new())),
        (KEYS, Reply::Json(json!({"keys": []}))),
        (KEYS, Reply::Bytes(200, vec![b' '; 2 * 1024 * 1024])),
        (DISCOVERY, Reply::Bytes(404, Vec::new())),
        (
            DISCOVERY,
            Reply::Json(json!({"issuer": "https://evil.example.com"})),
        ),
    ];
    for (count, (path, reply)) in (1..).zip(failures) {
        setup.provider.set(path, reply);
        let later = setup.now.after(LATER * count);
        setup.verifier.refresh(later.steady).await;
        let counts = Counts {
            succeeded: 1,
            failed: u64::from(count),
        };
        assert_eq!(setup.verifier.counts(), counts);
        assert!(setup.verifier.last_fault().is_some());
        assert!(setup.verifier.readiness(later.steady).is_ok());
        assert!(setup.verify_at(&token, later).await.is_ok());
    }
}

#[tokio::test]
async fn keys_are_fetched_at_start() {
    let setup = Arc::new(Setup::new().await);
    let keeper = Arc::clone(&setup);
    let keeping = tokio::spawn(async move { keeper.verifier.keep_fresh().await });
    setup.provider.wait_for(KEYS, 1).await;
    assert!(setup.verify_claims(&json!({})).await.is_ok());
    assert_eq!(setup.provider.count(KEYS), 1);
    keeping.abort();
}

#[tokio::test]
async fn known_key_does_not_wait_for_fetch() {
    let setup = Arc::new(Setup::new().await);
    let token = setup.token(&json!({}));
    assert!(setup.verify(&token).await.is_ok());
    setup.provider.set(KEYS, Reply::Silence);
    let later = setup.now.after(LATER);
    let refresher = Arc::clone(&setup);
    let refresh = tokio::spawn(async move { refresher.verifier.refresh(later.steady).await });
    setup.provider.wait_for(KEYS, 2).await;
    assert!(setup.verify_at(&token, later).await.is_ok());
    assert!(!refresh.is_finished());
    refresh.abort();
}

/// A client that goes away does not end the fetch that its token has caused.
#[tokio::test]
async fn fetch_survives_its_client() {
    let setup = Arc::new(Setup::new().await);
    assert!(setup.verify_claims(&json!({})).await.is_ok());
    let second = Signer::p256("second");
    setup.provider.publish(&[&setup.key, &second]);
    let token = second.sign(&setup.claims(&json!({})));
    let later = setup.now.after(LATER);
    let (client, sent) = (Arc::clone(&setup), token.clone());
    let request = tokio::spawn(async move { client.verify_at(&sent, later).await });
    setup.provider.wait_for(DISCOVERY, 2).await;
    request.abort();
    // It waits for the fetch that runs, or finds its keys.
    assert!(setup.verify_at(&token, later).await.is_ok());
    assert_eq!(setup.provider.count(KEYS), 2);
}

#[tokio::test]
async fn token_without_key_id_tries_all_keys() {
    let setup = Setup::new().await;
    let second = Signer::p256("second");
    setup.provider.publish(&[&setup.key, &second]);
    let token = second.sign_with(&json!({"kid": null}), &setup.claims(&json!({})));
    assert!(setup.verify(&token).await.is_ok());
    let third = Signer::p256("third");
    let token = third.sign_with(&json!({"kid": null}), &setup.claims(&json!({})));
    assert_eq!(setup.verify(&token).await, Err(UNKNOWN));
    setup.provider.publish(&[&third]);
    assert!(
        setup
            .verify_at(&token, setup.now.after(LATER))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn moved_keys_are_found_by_fetch() {
    let setup = Setup::new().await;
    assert!(setup.verify_claims(&json!({})).await.is_ok());
    let second = Signer::p256("second");
    let mut document = setup.provider.discovery();
    document["jwks_uri"] = json!(format!("{}/moved", setup.provider.issuer));
    setup.provider.set(DISCOVERY, Reply::Json(document));
    setup
        .provider
        .set("/moved", Reply::Json(json!({"keys": [second.public()]})));
    let token = second.sign(&setup.claims(&json!({})));
    assert!(
        setup
            .verify_at(&token, setup.now.after(LATER))
            .await
            .is_ok()
    );
}
