use rstest::rstest;

use super::engine::Version;
use super::*;

const MAP: &str = "stateful_flat_map.stateful.stateful_batch";
const WINDOW: &str = "fold_window.window.stateful_batch";

fn kept() -> Kept {
    Kept {
        steps: vec![
            "f.in".to_owned(),
            format!("f.check.{MAP}"),
            format!("f.sum.{WINDOW}"),
        ],
        windows: vec![format!("f.sum.{WINDOW}")],
        engine: Some("0.20.1".to_owned()),
    }
}

fn shape(stateful: &[&str], engine: &str) -> Shape {
    let steps = stateful
        .iter()
        .map(|step| step.replace("MAP", MAP).replace("WINDOW", WINDOW));
    Shape {
        flow: stateful[0].split('.').next().unwrap().to_owned(),
        stateful: steps.collect(),
        windows: Vec::new(),
        engine: Some(engine.to_owned()),
    }
}

#[rstest]
#[case::nothing(&["f.in", "f.check.MAP", "f.sum.WINDOW"], "0.20.1", "")]
#[case::one_more(&["f.in", "f.check.MAP", "f.sum.WINDOW", "f.more.MAP"], "0.20.9", "")]
#[case::gone(
    &["f.in", "f.sum.WINDOW"], "0.20.1",
    "step f.check.stateful_flat_map.stateful.stateful_batch was removed"
)]
#[case::renamed(
    &["f.in", "f.verify.MAP", "f.sum.WINDOW"], "0.20.1",
    "step f.check.stateful_flat_map.stateful.stateful_batch was removed, and \
     f.verify.stateful_flat_map.stateful.stateful_batch was added"
)]
#[case::one_of_two_perhaps(
    &["f.in", "f.one.MAP", "f.other.MAP", "f.sum.WINDOW"], "0.20.1",
    "step f.check.stateful_flat_map.stateful.stateful_batch was removed"
)]
#[case::another_source(
    &["f.input", "f.check.MAP", "f.sum.WINDOW"], "0.20.1", "step f.in was removed, and f.input was added"
)]
#[case::the_flow(
    &["g.in", "g.check.MAP", "g.sum.WINDOW"], "0.20.1",
    "dataflow f is now named g, so all its 3 steps lose their state"
)]
#[case::windows(
    &["f.in", "f.check.MAP", "f.sum.WINDOW"], "0.21.0",
    "step f.sum.fold_window.window.stateful_batch: Bytewax 0.21.0 cannot read the state of windows \
     that 0.20.1 wrote"
)]
#[case::back(
    &["f.in", "f.check.MAP"], "0.19",
    "step f.check.stateful_flat_map.stateful.stateful_batch: Bytewax 0.19 cannot read state that \
     0.20.1 wrote; step f.in: Bytewax 0.19 cannot read state that 0.20.1 wrote; \
     step f.sum.fold_window.window.stateful_batch was removed"
)]
#[case::no_version(&["f.in", "f.check.MAP", "f.sum.WINDOW"], "main", "")]
fn loss_message_names_lost_steps(
    #[case] stateful: &[&str],
    #[case] engine: &str,
    #[case] expected: &str,
) {
    assert_eq!(message(&lost(&kept(), &shape(stateful, engine))), expected);
}

#[rstest]
#[case("0.21.1", Some((0, 21)))]
#[case("0.21.1-python3.11", Some((0, 21)))]
#[case("0.20", Some((0, 20)))]
#[case("0.20.1rc1", Some((0, 20)))]
#[case("latest", None)]
#[case("python3.11", None)]
#[case("v0.20", None)]
#[case("0-20", None)]
#[case("", None)]
fn version_is_parsed_from_image_tag(#[case] text: &str, #[case] expected: Option<(u32, u32)>) {
    let version = expected.map(|(major, minor)| format!("{major}.{minor}"));
    assert_eq!(
        Version::read(text),
        version.and_then(|text| Version::read(&text))
    );
    assert_eq!(version_in(text).is_some(), expected.is_some());
}
