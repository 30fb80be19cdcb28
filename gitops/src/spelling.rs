//! Suggests the correct name of a misspelt field of a dataflow.yaml.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};

use crate::suggest::suggest;

/// Returns the path of the known field that is most similar to an unknown one, such as `spec.env[0].valu`.
#[must_use]
pub fn suggest_field(path: &str) -> Option<String> {
    let schema = dataflow::crd::crd().spec.versions.pop()?.schema?;
    let mut place = &schema.open_api_v3_schema?;
    let (parent, typed) = path.rsplit_once('.').unwrap_or(("", path));
    for segment in parent.split('.').filter(|segment| !segment.is_empty()) {
        place = below(place, segment)?;
    }
    let known = place.properties.as_ref()?.keys().map(String::as_str);
    let near = suggest(typed, known)?;
    Some(match parent {
        "" => near.to_owned(),
        parent => format!("{parent}.{near}"),
    })
}

fn below<'a>(place: &'a JSONSchemaProps, segment: &str) -> Option<&'a JSONSchemaProps> {
    let (field, index) = segment.split_once('[').unwrap_or((segment, ""));
    let place = place.properties.as_ref()?.get(field)?;
    if index.is_empty() {
        return Some(place);
    }
    match place.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(items) => Some(items),
        JSONSchemaPropsOrArray::Schemas(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("spec.procesesCount", Some("spec.processesCount"))]
    #[case("spec.env[1].valu", Some("spec.env[1].value"))]
    #[case(
        "spec.recovery.persistence.sise",
        Some("spec.recovery.persistence.size")
    )]
    #[case("sepc", Some("spec"))]
    #[case("spec.zebra", None)]
    #[case("metadata.nam", None)]
    fn misspelt_field_gets_nearest_field(#[case] typed: &str, #[case] expected: Option<&str>) {
        assert_eq!(suggest_field(typed).as_deref(), expected);
    }
}
