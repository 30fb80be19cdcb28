use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

/// One valid key of each type, made by another implementation.
const KEYS: &[u8] = include_bytes!("../../tests/vectors/keys.json");

fn example(id: &str) -> Object {
    let document: Value = serde_json::from_slice(KEYS).unwrap();
    let keys = document["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == id).unwrap();
    key.as_object().unwrap().clone()
}

/// Reads the set of one example with other members; null removes a member.
fn parse(id: &str, changes: &Value) -> Result<KeySet, KeySetFault> {
    let mut key = example(id);
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(key.remove(name)),
            value => drop(key.insert(name.clone(), value.clone())),
        }
    }
    KeySet::parse(json!({"keys": [key]}).to_string().as_bytes())
}

fn flaw(found: Result<KeySet, KeySetFault>) -> Option<KeyFlaw> {
    match found {
        Err(KeySetFault::NoUsable(left_out)) => Some(left_out[0].flaw),
        _ => None,
    }
}

#[rstest]
#[case::plain("rsa", json!({}))]
#[case::no_use("rsa", json!({"use": null}))]
#[case::no_id("rsa", json!({"kid": null}))]
#[case::operations("rsa", json!({"key_ops": ["verify"]}))]
#[case::algorithm("rsa", json!({"alg": "PS384"}))]
#[case::certificates("rsa", json!({"x5c": ["ignored"], "x5t": "ignored"}))]
#[case::p256("ec256", json!({"alg": "ES256"}))]
#[case::p384("ec384", json!({}))]
#[case::p521("ec512", json!({}))]
#[case::edwards("ed", json!({"alg": "EdDSA"}))]
fn usable_key_is_read(#[case] id: &str, #[case] changes: Value) {
    assert_eq!(parse(id, &changes).unwrap().count(), 1);
}

#[rstest]
#[case::encryption("rsa", json!({"use": "enc"}), KeyFlaw::Use)]
#[case::use_as_list("rsa", json!({"use": ["sig"]}), KeyFlaw::Use)]
#[case::operations("rsa", json!({"key_ops": ["encrypt"]}), KeyFlaw::Use)]
#[case::private("rsa", json!({"d": "AQAB"}), KeyFlaw::Private)]
#[case::private_curve("ed", json!({"d": "AQAB"}), KeyFlaw::Private)]
#[case::symmetric("rsa", json!({"kty": "oct", "k": "AQAB"}), KeyFlaw::Symmetric)]
#[case::hmac("rsa", json!({"alg": "HS256"}), KeyFlaw::Algorithm(AlgorithmFault::Symmetric))]
#[case::none("rsa", json!({"alg": "none"}), KeyFlaw::Algorithm(AlgorithmFault::None))]
#[case::encrypting_algorithm("rsa", json!({"alg": "RSA-OAEP"}), KeyFlaw::Algorithm(AlgorithmFault::Unknown))]
#[case::algorithm_as_number("rsa", json!({"alg": 1}), KeyFlaw::Algorithm(AlgorithmFault::Unknown))]
#[case::unfit("rsa", json!({"alg": "ES256"}), KeyFlaw::Unfit)]
#[case::unfit_curve("ec256", json!({"alg": "ES384"}), KeyFlaw::Unfit)]
#[case::unknown_curve("ec256", json!({"crv": "secp256k1"}), KeyFlaw::Type)]
#[case::no_curve("ec256", json!({"crv": null}), KeyFlaw::Type)]
#[case::unknown_type("rsa", json!({"kty": "AKP"}), KeyFlaw::Type)]
#[case::no_type("rsa", json!({"kty": null}), KeyFlaw::Malformed)]
#[case::other_curve("ec256", json!({"crv": "P-384"}), KeyFlaw::Numbers)]
#[case::not_on_curve("ec256", json!({"y": "A".repeat(43)}), KeyFlaw::Numbers)]
#[case::not_base64("rsa", json!({"n": "a+b"}), KeyFlaw::Numbers)]
#[case::even_exponent("rsa", json!({"e": "AQAA"}), KeyFlaw::Numbers)]
#[case::exponent_one("rsa", json!({"e": "AQ"}), KeyFlaw::Numbers)]
#[case::no_exponent("rsa", json!({"e": null}), KeyFlaw::Numbers)]
#[case::long_exponent("rsa", json!({"e": "AQAAAAAB"}), KeyFlaw::Numbers)]
#[case::short("rsa", json!({"n": "w".repeat(170)}), KeyFlaw::Size)]
#[case::long("rsa", json!({"n": "w".repeat(1368)}), KeyFlaw::Size)]
#[case::long_id("rsa", json!({"kid": "k".repeat(257)}), KeyFlaw::Id)]
#[case::id_as_number("rsa", json!({"kid": 1}), KeyFlaw::Id)]
fn unusable_key_is_left_out(#[case] id: &str, #[case] changes: Value, #[case] expected: KeyFlaw) {
    assert_eq!(flaw(parse(id, &changes)), Some(expected));
}

#[test]
fn zeros_before_modulus_are_ignored() {
    let modulus = URL_SAFE_NO_PAD
        .decode(example("rsa")["n"].as_str().unwrap())
        .unwrap();
    let padded = URL_SAFE_NO_PAD.encode([&[0, 0], modulus.as_slice()].concat());
    assert_eq!(parse("rsa", &json!({"n": padded})).unwrap().count(), 1);
}

#[test]
fn usable_key_remains_beside_unusable_ones() {
    let keys = json!({"keys": [example("rsa"), 1, {"kty": "oct", "kid": "x"}, example("ed")]});
    let set = KeySet::parse(keys.to_string().as_bytes()).unwrap();
    let expected = [
        LeftOut {
            id: None,
            flaw: KeyFlaw::Malformed,
        },
        LeftOut {
            id: Some("x".to_owned()),
            flaw: KeyFlaw::Symmetric,
        },
    ];
    assert_eq!((set.count(), set.left_out()), (2, expected.as_slice()));
}

#[rstest]
#[case::no_list(json!({}), KeySetFault::NoList)]
#[case::object(json!({"keys": {}}), KeySetFault::NoList)]
#[case::empty(json!({"keys": []}), KeySetFault::NoUsable(Vec::new()))]
#[case::many(json!({"keys": vec![1; 101]}), KeySetFault::TooMany { count: 101 })]
#[case::list(json!([]), KeySetFault::Json(JsonFault::NotAnObject))]
fn unusable_set_is_refused(#[case] document: Value, #[case] fault: KeySetFault) {
    assert_eq!(
        KeySet::parse(document.to_string().as_bytes()).unwrap_err(),
        fault
    );
}

#[test]
fn large_set_is_refused() {
    let fault = KeySetFault::Json(JsonFault::TooLarge {
        limit: MAX_KEYS_BYTES,
    });
    assert_eq!(
        KeySet::parse(&vec![b' '; MAX_KEYS_BYTES + 1]).unwrap_err(),
        fault
    );
}

#[rstest]
#[case::by_id(Some("rsa"), Algorithm::Rs256, "1 key")]
#[case::other_algorithm(Some("rsa"), Algorithm::Es256, "other algorithm")]
#[case::unknown(Some("x"), Algorithm::Rs256, "unknown")]
#[case::empty_id(Some(""), Algorithm::Rs256, "unknown")]
#[case::no_id(None, Algorithm::Es384, "1 key")]
fn key_is_chosen_by_id_and_algorithm(
    #[case] id: Option<&str>,
    #[case] algorithm: Algorithm,
    #[case] expected: &str,
) {
    let set = KeySet::parse(KEYS).unwrap();
    let found = match set.fitting(id, algorithm) {
        Fitting::Keys(keys) => format!("{} key", keys.len()),
        Fitting::Unknown => "unknown".to_owned(),
        Fitting::OtherAlgorithm => "other algorithm".to_owned(),
    };
    assert_eq!(found, expected);
}

proptest! {
    #[test]
    fn any_set_is_read_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        name in "(kid|use|kty|alg|crv|n|e|x|y|key_ops)",
        value in "[A-Za-z0-9_-]{0,60}",
        id in "(rsa|ec256|ec384|ec512|ed)",
    ) {
        drop(KeySet::parse(&bytes));
        drop(parse(&id, &json!({name.as_str(): value})));
    }
}
