//! Amounts of storage in the notation of Kubernetes: `10Gi`, `500M`, `1e9`.

/// Binary and decimal suffixes with their factors.
const SUFFIXES: [(&str, u128); 13] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("", 1),
];

/// Returns the number of bytes, rounded up, or `None` if the text is not an amount above zero.
///
/// Forms without a meaning for storage (`100m`, negative numbers) are not accepted.
#[must_use]
pub fn bytes(text: &str) -> Option<u128> {
    if let Some((digits, exponent)) = text.split_once(['e', 'E'])
        && let Ok(exponent) = exponent.parse::<u32>()
    {
        if exponent > 18 {
            return None;
        }
        return scaled(digits, 10_u128.pow(exponent));
    }
    let (digits, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))?;
    scaled(digits, factor)
}

/// Returns a decimal number of at most 18 digits on each side of the point, multiplied by a factor.
fn scaled(digits: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = |text: &str| -> Option<u128> {
        let plain = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        match (plain, text) {
            (true, "") => Some(0),
            (true, text) => text.parse().ok(),
            (false, _) => None,
        }
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let parts = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let amount = number(whole)?
        .checked_mul(factor)?
        .checked_add((number(fraction)? * factor).div_ceil(parts))?;
    (amount > 0).then_some(amount)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("10Gi", Some(10 << 30))]
    #[case("1.5Gi", Some(3 << 29))]
    #[case("500M", Some(500_000_000))]
    #[case("1e9", Some(1_000_000_000))]
    #[case("1E", Some(1_000_000_000_000_000_000))]
    #[case("2Ei", Some(2 << 60))]
    #[case("1234", Some(1234))]
    #[case(".5k", Some(500))]
    #[case("0.1", Some(1))]
    #[case("0", None)]
    #[case("", None)]
    #[case("Gi", None)]
    #[case("10 Gi", None)]
    #[case("10GB", None)]
    #[case("-1Gi", None)]
    #[case("100m", None)]
    #[case("1e99", None)]
    #[case("9999999999999999999Gi", None)]
    fn quantity_is_parsed_to_bytes(#[case] text: &str, #[case] expected: Option<u128>) {
        assert_eq!(bytes(text), expected);
    }
}
