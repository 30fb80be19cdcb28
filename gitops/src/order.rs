//! The order of objects by one of their fields, as with `--sort-by` of kubectl.

use std::cmp::Ordering;

use serde_json::Value;

use crate::jsonpath::{JsonPathError, Template};

/// The reason why objects cannot be sorted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No object has the field.
    #[error("none of the objects has the field")]
    NoField,
    /// The field is an array or an object.
    #[error("the field is not a text, number or truth value")]
    NotSortable,
    /// The path does not fit an object.
    #[error(transparent)]
    Path(#[from] JsonPathError),
}

/// Returns the indices of the objects in the order of a field. Objects without it come first, and objects with equal
/// fields stay in their order.
///
/// # Errors
/// No object has the field, or its values have no order.
pub fn order(path: &Template, objects: &[Value]) -> Result<Vec<usize>, OrderError> {
    let mut keys = Vec::with_capacity(objects.len());
    for object in objects {
        let parts = path.values(object, true)?;
        let first = parts.into_iter().next().unwrap_or_default();
        let key = first.into_iter().next();
        let key = key.filter(|value| !value.is_null());
        if key
            .as_ref()
            .is_some_and(|key| key.is_array() || key.is_object())
        {
            return Err(OrderError::NotSortable);
        }
        keys.push(key);
    }
    if !objects.is_empty() && keys.iter().all(Option::is_none) {
        return Err(OrderError::NoField);
    }
    let mut indices: Vec<usize> = (0..objects.len()).collect();
    indices.sort_by(|left, right| match (&keys[*left], &keys[*right]) {
        (Some(left), Some(right)) => compare(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    });
    Ok(indices)
}

/// Compares values of one kind: numbers, amounts such as `10Gi`, other texts. Of different kinds, truth values come
/// first and texts last.
fn compare(left: &Value, right: &Value) -> Ordering {
    let kind = |value: &Value| match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        _ => 2,
    };
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left
                .as_f64()
                .unwrap_or(0.0)
                .total_cmp(&right.as_f64().unwrap_or(0.0)),
        },
        (Value::String(left), Value::String(right)) => match (amount(left), amount(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => left.cmp(right),
        },
        _ => kind(left).cmp(&kind(right)),
    }
}

/// Suffixes of amounts in Kubernetes with their factors.
const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("", 1.0),
];

/// Returns the size of an amount such as `100m` or `10Gi`, for comparisons.
fn amount(text: &str) -> Option<f64> {
    let plain = |digits: &str| -> Option<f64> {
        let bare = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        let number = bare
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        digits.parse().ok().filter(|_| number)
    };
    if let Some((digits, exponent)) = text.split_once(['e', 'E'])
        && let Ok(exponent) = exponent.parse::<i32>()
    {
        return Some(plain(digits)? * 10_f64.powi(exponent));
    }
    SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some(plain(text.strip_suffix(suffix)?)? * factor))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::numbers(json!([10, 9, 2.5]), [2, 1, 0])]
    #[case::texts(json!(["flow-9", "flow-10", "flow"]), [2, 1, 0])]
    #[case::amounts(json!(["1Gi", "500M", "900Mi"]), [1, 2, 0])]
    #[case::thousandths(json!(["1", "100m", "0.5"]), [1, 2, 0])]
    #[case::times(json!(["2026-01-02T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]), [1, 2, 0])]
    #[case::missing_first(json!(["b", null, "a"]), [1, 2, 0])]
    #[case::equal_ones_stay(json!(["x", "x", "a"]), [2, 0, 1])]
    fn objects_are_sorted_by_kind(#[case] fields: Value, #[case] expected: [usize; 3]) {
        let fields = fields.as_array().unwrap();
        let objects: Vec<Value> = fields.iter().map(|field| json!({"field": field})).collect();
        let path = Template::parse_path("field").unwrap();
        assert_eq!(order(&path, &objects).unwrap(), expected);
    }

    #[test]
    fn field_without_order_is_refused() {
        let sorted = |path: &str, object: Value| {
            order(&Template::parse_path(path).unwrap(), &[object]).unwrap_err()
        };
        assert_eq!(sorted("a", json!({"b": 1})), OrderError::NoField);
        assert_eq!(sorted("a", json!({"a": {}})), OrderError::NotSortable);
    }
}
