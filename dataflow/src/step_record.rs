//! The record of a flow's stateful steps: one line of JSON that travels with the flow as an annotation.
//!
//! Only running the code shows its steps, and nobody runs the code of other people to compare it. So whoever commits or
//! deploys a flow records the steps of the code beside it. A record names the content that it describes by a hash of
//! code, entry point and variables. If another program changes one of those, the record describes something else and
//! counts as absent.
//!
//! The annotation is no part of the revision, and nothing in a pod depends on it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::code::CodeHash;
use crate::hex;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;
use crate::steps::Shape;

/// Version of the record that this release writes, and the newest that it reads.
const VERSION: u32 = 1;

/// Largest record in bytes. All annotations of an object together may have 256 KiB.
const LARGEST: usize = 64 * 1024;

const DIGITS: usize = 32;

/// Error: a record is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum StepRecordError {
    /// The record describes other code, another entry point or other variables.
    #[error(
        "has a record of steps that belongs to other code: its code was changed without waxctl"
    )]
    OtherContent,
    /// The text has another format, or a newer release wrote it.
    #[error("has a record of steps in a format that this release does not read")]
    Unreadable,
}

#[derive(Serialize, Deserialize)]
struct Record {
    v: u32,
    of: String,
    flow: String,
    stateful: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
}

/// Returns the hash of everything that decides which steps a flow has: code, entry point and variables.
#[must_use]
pub fn content(spec: &DataflowSpec, code: &CodeHash) -> String {
    let env: Vec<_> = spec.env.iter().map(|env| (&env.name, &env.value)).collect();
    let parts = (
        code.as_str(),
        present(spec.tar_name.as_ref()),
        &spec.python_file_name,
        env,
    );
    let text = serde_json::to_string(&parts).expect("texts are plain JSON");
    let mut digits = hex::encode(&Sha256::digest(text.as_bytes()));
    digits.truncate(DIGITS);
    digits
}

/// Returns the record of a shape, or `None` if it would be too large for an annotation.
#[must_use]
pub fn write(shape: &Shape, spec: &DataflowSpec, code: &CodeHash) -> Option<String> {
    let record = Record {
        v: VERSION,
        of: content(spec, code),
        flow: shape.flow.clone(),
        stateful: shape.stateful.clone(),
        windows: shape.windows.clone(),
        engine: shape.engine.clone(),
    };
    let text = serde_json::to_string(&record).expect("a record is plain JSON");
    Some(text).filter(|text| text.len() <= LARGEST)
}

/// Reads the record of a flow with this spec and code.
///
/// # Errors
///
/// The record describes something else, or cannot be read.
pub fn read(text: &str, spec: &DataflowSpec, code: &CodeHash) -> Result<Shape, StepRecordError> {
    let record: Record = serde_json::from_str(text)
        .ok()
        .filter(|record: &Record| record.v <= VERSION)
        .ok_or(StepRecordError::Unreadable)?;
    if record.of != content(spec, code) {
        return Err(StepRecordError::OtherContent);
    }
    Ok(Shape {
        flow: record.flow,
        stateful: record.stateful,
        windows: record.windows,
        engine: record.engine,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::code::Code;
    use crate::spec::EnvVar;

    fn spec() -> DataflowSpec {
        DataflowSpec {
            python_file_name: "sums.py".to_owned(),
            ..DataflowSpec::default()
        }
    }

    fn code(text: &str) -> CodeHash {
        let mut code = Code::new();
        code.insert("sums.py", text).unwrap();
        code.hash()
    }

    fn shape() -> Shape {
        Shape {
            flow: "sums".to_owned(),
            stateful: vec!["sums.items".to_owned(), "sums.sum.stateful".to_owned()],
            windows: vec!["sums.sum.stateful".to_owned()],
            engine: Some("0.21.1".to_owned()),
        }
    }

    #[test]
    fn record_is_one_line_of_json() {
        let text = write(&shape(), &spec(), &code("x")).unwrap();
        let of = content(&spec(), &code("x"));
        let rest = r#""flow":"sums","stateful":["sums.items","sums.sum.stateful"],"windows":["sums.sum.stateful"],"engine":"0.21.1"}"#;
        assert_eq!(text, format!(r#"{{"v":1,"of":"{of}",{rest}"#));
    }

    #[rstest]
    #[case::size(|spec: &mut DataflowSpec| spec.processes_count = Some(3), true)]
    #[case::image(|spec: &mut DataflowSpec| spec.image.tag = "0.22".into(), true)]
    #[case::config_map(|spec: &mut DataflowSpec| spec.config_map_name = Some("other".into()), true)]
    #[case::no_archive(|spec: &mut DataflowSpec| spec.tar_name = Some(String::new()), true)]
    #[case::archive(|spec: &mut DataflowSpec| spec.tar_name = Some("a.tar".into()), false)]
    #[case::entry_point(|spec: &mut DataflowSpec| spec.python_file_name = "sums.py:other".into(), false)]
    #[case::variable(|spec: &mut DataflowSpec| spec.env.push(EnvVar { name: "A".into(), value: "1".into() }), false)]
    fn record_belongs_to_one_content(#[case] change: fn(&mut DataflowSpec), #[case] belongs: bool) {
        let text = write(&shape(), &spec(), &code("x")).unwrap();
        let mut changed = spec();
        change(&mut changed);
        let found = read(&text, &changed, &code("x"));
        let expected = match belongs {
            true => Ok(shape()),
            false => Err(StepRecordError::OtherContent),
        };
        assert_eq!(found, expected);
        let edited = read(&text, &spec(), &code("y"));
        assert_eq!(edited, Err(StepRecordError::OtherContent));
    }

    #[rstest]
    #[case("")]
    #[case("sums")]
    #[case("{}")]
    #[case(r#"{"v":2,"of":"","flow":"sums","stateful":[]}"#)]
    fn unreadable_record_is_refused(#[case] text: &str) {
        let found = read(text, &spec(), &code("x"));
        assert_eq!(found, Err(StepRecordError::Unreadable));
    }

    #[test]
    fn too_large_record_is_not_written() {
        let stateful = (0..10_000).map(|step| format!("sums.{step}")).collect();
        let large = Shape {
            stateful,
            ..shape()
        };
        assert_eq!(write(&large, &spec(), &code("x")), None);
    }

    proptest! {
        #[test]
        fn record_is_read_as_written(
            flow in ".*",
            stateful in prop::collection::vec(".*", 0..5),
            engine in prop::option::of("[0-9.]+"),
        ) {
            let windows = stateful.iter().take(1).cloned().collect();
            let shape = Shape { flow, stateful, windows, engine };
            let text = write(&shape, &spec(), &code("x")).unwrap();
            prop_assert!(!text.contains('\n'));
            prop_assert_eq!(read(&text, &spec(), &code("x")), Ok(shape));
        }
    }
}
