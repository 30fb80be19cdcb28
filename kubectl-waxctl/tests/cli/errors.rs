//! Tests that errors name the failed action, the cause, and a remedy.

use std::fmt::Write as _;

use crate::environment::Environment;

#[test]
fn errors_of_sources_and_flags() {
    let environment = Environment::new();
    environment.write("two/a.py", "1");
    environment.write("two/b.py", "2");
    environment.write("notes.txt", "");
    environment.write(
        "broken/dataflow.yaml",
        "apiVersion: bytewax.io/v1alpha1\nkind: Dataflow\nspec:\n  image: [\n",
    );
    environment.write("broken/a.py", "1");
    environment.write(
        "misspelt/dataflow.yaml",
        "apiVersion: bytewax.io/v1alpha1\nkind: Dataflow\nmetadata:\n  name: orders\nspec:\n  image:\n    tag: '1'\n  \
         pythonFileName: a.py\n  procesesCount: 2\n  env:\n  - name: A\n    value: b\n    colour: c\n",
    );
    environment.write("misspelt/a.py", "1");
    environment.write(
        "other/dataflow.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: orders\ndata: {}\n",
    );
    environment.write("chart.yaml", "nonsense: true\n");
    environment.write("values.yaml", "nmae: hello\n");
    environment.write("values.hcl", "");
    let calls: &[&[&str]] = &[
        &["df", "render"],
        &["df", "rendr", "hello.py"],
        &["df", "render", "hello.py", "--nmae", "x"],
        &["df", "render", "hello.py"],
        &["df", "render", "helo.py", "-N", "hello"],
        &["df", "render", "notes.txt", "-N", "hello"],
        &[
            "df",
            "render",
            "https://example.com/hello.py",
            "-N",
            "hello",
        ],
        &["df", "render", "two", "-N", "hello"],
        &["df", "render", "two", "-N", "hello", "-f", "c.py"],
        &["df", "render", "broken"],
        &["df", "render", "misspelt"],
        &["df", "render", "other"],
        &["df", "render", "hello.py", "-N", "Hello_World"],
        &["df", "render", "hello.py", "-N", "hello", "-p", "0"],
        &["df", "render", "hello.py", "-N", "hello", "-l", "Sometimes"],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-e",
            "secret-without-name",
        ],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-e",
            "BYTEWAX_PROCESS_ID=1",
            "-t",
            "",
        ],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-v",
            "values.yaml",
        ],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-v",
            "values.hcl",
        ],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-V",
            "missing.yaml",
        ],
        &["df", "render", "hello.py", "-N", "hello", "-t", "latest"],
        &[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-V",
            "chart.yaml",
        ],
    ];
    let mut text = String::new();
    for args in calls {
        let finished = environment.run(args);
        writeln!(
            text,
            "$ waxctl {} (exit code {})\n{}",
            args.join(" "),
            finished.code,
            finished.stderr
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
}
