//! Strict JSON: bounded, without a name that occurs twice, and not deep.
//!
//! Two parsers can read different values from an object with a name twice, and `serde_json` keeps the last one
//! without a word. So everything that a provider or a token states is read here.

use std::fmt::{self, Formatter};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// The members of a JSON object.
pub type Object = Map<String, Value>;

/// The number of levels that arrays and objects may nest.
const MAX_DEPTH: usize = 16;

/// The reason why a text is not read as a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JsonFault {
    /// The text exceeds its limit.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The text is not JSON, contains a name twice, or nests too deeply.
    #[error("it is not valid JSON, contains a name twice, or nests deeper than {MAX_DEPTH} levels")]
    Malformed,
    /// The text is JSON of another kind.
    #[error("it is not a JSON object")]
    NotAnObject,
}

/// Reads a JSON object of at most `limit` bytes.
///
/// # Errors
///
/// Returns the first fault of the text.
pub fn object(bytes: &[u8], limit: usize) -> Result<Object, JsonFault> {
    if bytes.len() > limit {
        return Err(JsonFault::TooLarge { limit });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .map_err(|_| JsonFault::Malformed)?;
    reader.end().map_err(|_| JsonFault::Malformed)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// Reads one value, which is inside `depth` arrays and objects.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth < MAX_DEPTH {
            true => Ok(Self {
                depth: self.depth + 1,
            }),
            false => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[test]
    fn object_is_read_as_serde_reads_it() {
        let text = br#"{"a":[1,-2,2.5,true,null,"x"],"b":{"c":{}},"d":18446744073709551615}"#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(object(text, 100).map(Value::Object), Ok(expected));
    }

    #[rstest]
    #[case::twice(r#"{"a":1,"a":1}"#, JsonFault::Malformed)]
    #[case::twice_by_escape(r#"{"a":1,"\u0061":1}"#, JsonFault::Malformed)]
    #[case::twice_inside(r#"{"b":[{"a":1,"a":2}]}"#, JsonFault::Malformed)]
    #[case::rest(r#"{"a":1}{"#, JsonFault::Malformed)]
    #[case::out_of_range(r#"{"a":1e999}"#, JsonFault::Malformed)]
    #[case::empty("", JsonFault::Malformed)]
    #[case::array("[]", JsonFault::NotAnObject)]
    #[case::large(r#"{"a":"0123456789012345678901234567890123456789"}"#, JsonFault::TooLarge { limit: 40 })]
    fn faulty_text_is_refused(#[case] text: &str, #[case] fault: JsonFault) {
        assert_eq!(object(text.as_bytes(), 40), Err(fault));
    }

    #[rstest]
    #[case::at_the_limit(15, true)]
    #[case::above(16, false)]
    #[case::far_above(100_000, false)]
    fn depth_is_bounded(#[case] arrays: usize, #[case] accepted: bool) {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(arrays), "]".repeat(arrays));
        assert_eq!(object(text.as_bytes(), 1_000_000).is_ok(), accepted);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(object(&bytes, 150));
        }

        #[test]
        fn written_object_is_read_back(names in prop::collection::btree_set(".{0,8}", 0..8)) {
            let members: Object = names.into_iter().map(|name| (name.clone(), json!([name]))).collect();
            let text = serde_json::to_vec(&members).unwrap();
            prop_assert_eq!(object(&text, 10_000), Ok(members));
        }
    }
}
