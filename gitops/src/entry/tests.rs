use rstest::rstest;

use super::*;

const FLOW: &str = "from bytewax.dataflow import Dataflow\nflow = Dataflow('x')\n";

fn files(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    files.iter().map(owned).collect()
}

fn choose(files: &[(String, String)]) -> Choice {
    super::choose(files, false)
}

fn found(text: &str) -> Vec<String> {
    match choose(&files(&[("a.py", text), ("other.py", "")])) {
        Choice::One(reference) => vec![reference],
        Choice::Several(candidates) => candidates
            .into_iter()
            .map(|candidate| candidate.reference)
            .collect(),
    }
}

#[rstest]
#[case::variable(FLOW, &["a.py"])]
#[case::annotated("flow: Dataflow = Dataflow('x')\n", &["a.py"])]
#[case::other_name("orders = Dataflow('x')\n", &["a.py:orders"])]
#[case::dotted("import bytewax.dataflow as bd\nf = bd.Dataflow('x')\n", &["a.py:f"])]
#[case::alias("from bytewax.dataflow import Dataflow as DF\nf = DF(\n  'x')\n", &["a.py:f"])]
#[case::in_a_condition("if DEBUG:\n    flow = Dataflow('d')\nelse:\n    flow = Dataflow('x')\n", &["a.py"])]
#[case::built("def make():\n    f = Dataflow('x')\n    return f\nflow = make()\n", &["a.py"])]
#[case::default_bound_by_any_call("from x import make\nflow = make()\n", &["a.py"])]
#[case::imported("from shop.orders import (\n    flow,\n)\n", &["a.py"])]
#[case::builder("def get_flow(n=2, *, debug=False):\n    return Dataflow('x')\n", &["a.py:get_flow()"])]
#[case::builder_by_type("def get(n: int = 2) -> Dataflow:\n    return helper(n)\n", &["a.py:get()"])]
#[case::builder_by_quoted_type("def get() -> 'Dataflow':\n    return helper()\n", &["a.py:get()"])]
#[case::builder_of_a_variable("def get():\n  if x:\n    f = Dataflow('x')\n    return f\n", &["a.py:get()"])]
#[case::builder_with_arguments("def get(topic, n=2):\n    return Dataflow('x')\n", &["a.py:get(ARGUMENTS)"])]
#[case::function_named_flow("def flow():\n    return Dataflow('x')\n", &["a.py"])]
#[case::two("one = Dataflow('1')\ntwo = Dataflow('2')\n", &["a.py:one", "a.py:two"])]
#[case::only_in_a_program("if __name__ == '__main__':\n    flow = Dataflow('x')\n", &[])]
#[case::in_a_function("def main():\n    flow = Dataflow('x')\n    run(flow)\n", &[])]
#[case::in_a_class("class A:\n    flow = Dataflow('x')\n", &[])]
#[case::method("class A:\n    def get(self):\n        return Dataflow('x')\n", &[])]
#[case::in_a_text("\"\"\"\nflow = Dataflow('x')\n\"\"\"\n# flow = Dataflow('x')\n", &[])]
#[case::not_a_call("flow = None\n", &[])]
fn flow_is_found_by_reading(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(found(text), expected);
}

#[test]
fn builder_of_another_file_makes_its_caller_one() {
    let choice = choose(&files(&[
        (
            "tools/stream.py",
            "def news(since):\n    return Dataflow('x')\n",
        ),
        (
            "tools/batch.py",
            "from tools.stream import news\ndef build(n=2):\n    return news(n)\n",
        ),
    ]));
    let Choice::Several(candidates) = choice else {
        panic!("{choice:?}");
    };
    let references: Vec<_> = candidates
        .iter()
        .map(|found| found.reference.as_str())
        .collect();
    assert_eq!(
        references,
        ["tools/stream.py:news(ARGUMENTS)", "tools/batch.py:build()"]
    );
}

#[test]
fn only_file_with_a_flow_is_chosen() {
    let setup = ("setup.py", "from setuptools import setup\nsetup()\n");
    let test = ("tests/test_a.py", FLOW);
    let one = |reference: &str| Choice::One(reference.to_owned());
    let package = ("pipeline/main.py", FLOW);
    assert_eq!(
        choose(&files(&[setup, package, test])),
        one("pipeline/main.py")
    );
    assert_eq!(
        choose(&files(&[("odd.py", "globals()['flow'] = 1")])),
        one("odd.py")
    );
    assert_eq!(choose(&files(&[setup])), Choice::Several(Vec::new()));
}

#[rstest]
#[case::folder("tests/flows.py")]
#[case::other_folder("test/flows.py")]
#[case::begin("test_flow.py")]
#[case::end("flow_test.py")]
#[case::fixtures("conftest.py")]
fn flow_of_test_is_taken_only_if_named(#[case] path: &str) {
    let test = files(&[(path, FLOW)]);
    let candidate = Candidate {
        reference: path.to_owned(),
        needs_arguments: false,
    };
    assert_eq!(
        super::choose(&test, false),
        Choice::Several(vec![candidate])
    );
    assert_eq!(super::choose(&test, true), Choice::One(path.to_owned()));
}

#[rstest]
#[case::file("pipeline/main.py:flow", Location::File("pipeline/main.py".into()))]
#[case::dotted("pipeline.main:flow", Location::File("pipeline/main.py".into()))]
#[case::package("pipeline", Location::File("pipeline/__init__.py".into()))]
#[case::without_ending("pipeline/main:get()", Location::File("pipeline/main.py".into()))]
#[case::here("./top.py", Location::File("top.py".into()))]
#[case::module_of_the_package("pipeline.gone", Location::Missing)]
#[case::file_that_is_missing("gone.py", Location::Missing)]
#[case::other_package("shop_flows.orders:flow", Location::Elsewhere)]
#[case::absolute("/app/flow.py", Location::Elsewhere)]
fn entry_point_is_located(#[case] reference: &str, #[case] expected: Location) {
    let files = ["pipeline/__init__.py", "pipeline/main.py", "top.py"];
    assert_eq!(locate(reference, &files), expected);
}

#[rstest]
#[case::typing_error("pipelin.main:flow", Some("pipeline.main:flow"))]
#[case::src_layout("shop.orders:get(1)", Some("src/shop/orders.py:get(1)"))]
#[case::root_too_deep("flows/top.py", Some("top.py"))]
#[case::file("pipeline/mian.py", Some("pipeline/main.py"))]
#[case::nothing_like_it("zebra", None)]
fn near_entry_point_is_suggested(#[case] reference: &str, #[case] expected: Option<&str>) {
    let files = ["pipeline/main.py", "src/shop/orders.py", "top.py"];
    assert_eq!(near(reference, &files).as_deref(), expected);
}
