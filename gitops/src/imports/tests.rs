use super::*;

fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    files.iter().map(owned).collect()
}

#[test]
fn imports_are_followed_through_own_files() {
    let files = files(&[
        (
            "src/shop/main.py",
            "import json, pandas as pd\nfrom shop.steps import parse\nfrom . import sinks\n\
             try:\n    import ujson\nexcept ImportError:\n    pass\n",
        ),
        ("src/shop/__init__.py", ""),
        ("src/shop/steps/__init__.py", "from .parse import parse\n"),
        ("src/shop/steps/parse.py", "import core.config\n"),
        ("src/shop/sinks.py", "import kafka\n"),
        ("core/config.py", "import missing.part\n"),
        ("unused.py", "import never\n"),
    ]);
    let reached = reach("src/shop/main.py", &files, &[]);
    let paths: Vec<_> = reached.files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "core/config.py",
            "src/shop/__init__.py",
            "src/shop/main.py",
            "src/shop/sinks.py",
            "src/shop/steps/__init__.py",
            "src/shop/steps/parse.py"
        ]
    );
    let mut foreign: Vec<_> = reached
        .foreign
        .iter()
        .map(|import| format!("{}:{} {}", import.file, import.line, import.module))
        .collect();
    foreign.sort();
    assert_eq!(
        foreign,
        [
            "core/config.py:1 missing.part",
            "src/shop/main.py:1 json",
            "src/shop/main.py:1 pandas",
            "src/shop/sinks.py:1 kafka"
        ]
    );
}

#[test]
fn module_that_hides_another_is_found() {
    let files = files(&[
        ("queue.py", ""),
        ("bytewax/__init__.py", ""),
        ("logging/handlers.py", ""),
        ("shop/types.py", ""),
    ]);
    let hidden: Vec<_> = hiding("", &files)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(hidden, ["bytewax", "queue"]);
    assert_eq!(
        hiding("shop/", &files),
        [("types".to_owned(), "shop/types.py")]
    );
    assert!(STANDARD.is_sorted());
}
