//! Suggests the most similar word for a mistyped one.

/// Returns the candidate that is most similar to `word`, or `None` if no candidate is similar enough.
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f32 = 0.6;
    candidates
        .into_iter()
        .map(|candidate| {
            (
                candidate,
                similar::TextDiff::from_chars(word, candidate).ratio(),
            )
        })
        .filter(|(_, ratio)| *ratio >= NEAR_ENOUGH)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_name_is_suggested() {
        let names = ["orders", "payments", "hello"];
        assert_eq!(suggest("order", names), Some("orders"));
        assert_eq!(suggest("payment", names), Some("payments"));
        assert_eq!(suggest("zebra", names), None);
    }
}
