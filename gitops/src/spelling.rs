//! What a misspelt field of a dataflow.yaml was probably meant to be.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};

use crate::suggest::suggest;

/// The path of the field that comes nearest to the unknown one of the given path, such as `spec.env[0].valu`.
#[must_use]
pub fn meant(path: &str) -> Option<String> {
    let schema = dataflow::crd::crd().spec.versions.pop()?.schema?;
    let mut place = &schema.open_api_v3_schema?;
    let (parent, typed) = path.rsplit_once('.').unwrap_or(("", path));
    for step in parent.split('.').filter(|step| !step.is_empty()) {
        place = below(place, step)?;
    }
    let known = place.properties.as_ref()?.keys().map(String::as_str);
    let near = suggest(typed, known)?;
    Some(match parent {
        "" => near.to_owned(),
        parent => format!("{parent}.{near}"),
    })
}

fn below<'a>(place: &'a JSONSchemaProps, step: &str) -> Option<&'a JSONSchemaProps> {
    let (field, index) = step.split_once('[').unwrap_or((step, ""));
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
    fn the_nearest_field_of_the_same_place(#[case] typed: &str, #[case] expected: Option<&str>) {
        assert_eq!(meant(typed).as_deref(), expected);
    }
}
