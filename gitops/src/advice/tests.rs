use dataflow::code::{Code, key_for_path};
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, Recovery};

use super::*;
use crate::left_out::{LeftOut, Reason};

fn flow(entry: &str, files: &[(&str, &str)]) -> Rendered {
    let mut code = Code::new();
    for (path, text) in files {
        code.insert(key_for_path(path).unwrap(), *text).unwrap();
    }
    let spec = DataflowSpec {
        python_file_name: entry.to_owned(),
        recovery: Some(Recovery {
            enabled: Some(true),
            ..Recovery::default()
        }),
        ..DataflowSpec::default()
    };
    Rendered {
        dataflow: Dataflow::new("orders", spec),
        code,
    }
}

fn without(entries: &[(&str, Reason)]) -> Source {
    let left_out = entries.iter().map(|(path, reason)| LeftOut {
        path: (*path).to_owned(),
        reason: *reason,
    });
    Source {
        left_out: left_out.collect(),
        path: "shop".into(),
        folder_name: Some("shop".to_owned()),
        ..Source::default()
    }
}

#[test]
fn left_out_file_that_code_needs_is_named() {
    let source = without(&[
        (".env", Reason::Hidden),
        (".idea/", Reason::Hidden),
        ("conf/creds.json", Reason::Ignored),
        ("orders_pb2.py", Reason::Ignored),
        ("generated/", Reason::Ignored),
        ("unused.json", Reason::Ignored),
    ]);
    let code = "\"\"\"Reads .env and unused.json.\"\"\"\nimport orders_pb2\nfrom generated.v1 import x\n\
                from dotenv import load_dotenv\nload_dotenv()\n\
                creds = json.load(open('conf/creds.json'))\n";
    let warnings = advise(&flow("main.py", &[("main.py", code)]), Some(&source));
    insta::assert_snapshot!(warnings.join("\n"), @r"
    main.py:5 reads .env, which is left out (hidden): pass its values with `-e NAME=VALUE`, or keep them in a Secret and name it in `envFromSecret`
    main.py:6 reads conf/creds.json, which is left out (ignored by git): keep a credential in a Secret and pass it in a variable (`envValueFrom`); to take other data along, write `!conf/creds.json` into .waxctlignore
    main.py:2 imports `orders_pb2`, but orders_pb2.py is left out (ignored by git): to take it along, write `!orders_pb2.py` into .waxctlignore
    main.py:3 imports `generated.v1`, but generated/ is left out (ignored by git): to take it along, write `!generated` into .waxctlignore
    ");
}

#[test]
fn every_way_to_read_dotenv_is_found() {
    let source = without(&[(".env", Reason::Hidden)]);
    for code in [
        "load_dotenv()",
        "dotenv.load_dotenv(find_dotenv())",
        "open('.env')",
        "load(Path(__file__).parent / '.env')",
        "values = dotenv_values(f'{HERE}/.env')",
        "env.read_env()",
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')",
        "class S(BaseSettings):\n    class Config:\n        env_file = '.env'",
        "from decouple import config",
    ] {
        let warnings = advise(&flow("main.py", &[("main.py", code)]), Some(&source));
        assert_eq!(warnings.len(), 1, "{code}");
    }
    let harmless = flow("main.py", &[("main.py", "x = os.environ['A']\n# .env\n")]);
    assert_eq!(advise(&harmless, Some(&source)), Vec::<String>::new());
}

#[test]
fn import_that_the_root_hides_is_explained() {
    let code =
        "import queue\nfrom shop.steps import parse\nfrom core.config import x\nimport pandas\n";
    let files = [
        ("main.py", code),
        ("queue.py", ""),
        ("src/core/__init__.py", ""),
        ("src/core/config.py", ""),
        ("connectors/__init__.py", ""),
        ("connectors/pandas/__init__.py", ""),
    ];
    let rendered = flow("main.py", &files);
    insta::assert_snapshot!(advise(&rendered, Some(&without(&[]))).join("\n"), @r"
    queue.py hides the module `queue` of Python's standard library: rename it
    main.py:2 imports `shop`, which is the folder shop itself: name the folder around it as SOURCE
    main.py:3 imports `core`, which is in src/: pass `-e PYTHONPATH=src`, or name src/ as SOURCE
    ");
    let mut with_path = rendered;
    with_path.dataflow.spec.env.push(EnvVar {
        name: "PYTHONPATH".to_owned(),
        value: "src".to_owned(),
    });
    assert_eq!(advise(&with_path, Some(&without(&[]))).len(), 2);
}

#[test]
fn relative_output_is_named_unless_variable_replaces_it() {
    let code = "op.output('a', s, FileSink(os.environ.get('OUT', 'out.txt')))\n\
                op.output('b', s, DirSink(Path('results'), 3))\n\
                op.output('c', s, FileSink('/data/out.txt'))\n\
                op.output('d', s, FileSink(path))\n";
    let mut rendered = flow("main.py", &[("main.py", code)]);
    insta::assert_snapshot!(advise(&rendered, None).join("\n"), @r"
    main.py:1 writes out.txt, which is lost at the end of the pod: the folder of the code is new at each start; write to a volume (`extraVolumeMounts`)
    main.py:2 writes results, which is lost at the end of the pod: the folder of the code is new at each start; write to a volume (`extraVolumeMounts`)
    ");
    rendered.dataflow.spec.env.push(EnvVar {
        name: "OUT".to_owned(),
        value: "/data/out.txt".to_owned(),
    });
    assert_eq!(advise(&rendered, None).len(), 1);
}

#[test]
fn input_that_the_code_lacks_is_named() {
    let code = "a = FileSource('data/a.txt')\nb = CSVSource(Path('gone.csv'), get_fs_id=x)\n\
                c = FileSource(f'{DIR}/x.txt')\nd = FileSource(os.environ['IN'])\ne = FileSource(DIR / 'y.txt')\n\
                f = FileSource('/data/z.txt')\ng = DirSource('data')\n";
    let rendered = flow("main.py", &[("main.py", code), ("data/a.txt", "")]);
    insta::assert_snapshot!(advise(&rendered, None).join("\n"), @"main.py:2 reads gone.csv, which SOURCE does not have: put it there, or read it from a volume (`extraVolumeMounts`)");
}

#[test]
fn import_from_beside_a_single_file_is_explained() {
    let source = Source {
        beside: vec!["helpers".to_owned()],
        path: "flows/main.py".into(),
        ..Source::default()
    };
    let rendered = flow(
        "main.py",
        &[("main.py", "from helpers import parse\nimport pandas\n")],
    );
    insta::assert_snapshot!(advise(&rendered, Some(&source)).join("\n"), @"main.py:1 imports `helpers`, which is beside flows/main.py but not part of it: name the folder as SOURCE");
}

#[test]
fn changed_input_of_resuming_source_is_named() {
    let code = "s = op.input('in', flow, FileSource('data/a.txt', batch_size=1))\n\
                t = op.input('more', flow, DirSource(Path('./parts')))\n";
    let version = |a: &str, part: &str| {
        flow(
            "pkg/main.py",
            &[
                ("pkg/main.py", code),
                ("data/a.txt", a),
                ("parts/1.csv", part),
                ("other.txt", a),
            ],
        )
    };
    let old = version("one\ntwo\n", "x\n");
    assert!(advise_on_change(&old, &version("one\ntwo\nthree\n", "x\n")).is_empty());
    insta::assert_snapshot!(advise_on_change(&old, &version("one and more\n", "y\n")).join("\n"), @r"
    data/a.txt changes, and pkg/main.py:1 reads it: a flow that keeps state resumes at its old offset in the file
    parts/1.csv changes, and pkg/main.py:2 reads it: a flow that keeps state resumes at its old offset in the file
    ");
    let mut stateless = version("one and more\n", "y\n");
    stateless.dataflow.spec.recovery = None;
    assert!(advise_on_change(&old, &stateless).is_empty());
}

#[test]
fn input_with_path_in_variable_is_named() {
    let code = "DATA = Path('data') / 'a.txt'\ns = op.input('in', flow, CSVSource(DATA))\n";
    let version = |text: &str| flow("main.py", &[("main.py", code), ("data/a.txt", text)]);
    assert_eq!(advise_on_change(&version("a\n"), &version("b\n")).len(), 1);
}

#[test]
fn moved_class_loses_state_unless_it_stays_importable() {
    let state = "class Cart:\n    pass\n\nclass Out(DynamicSink):\n    pass\n";
    let kept = ["f.in".to_owned(), "f.sum.stateful_batch".to_owned()];
    let losses = |old: &Rendered, new: &Rendered| -> Vec<String> {
        let losses = losses_by_classes(old, new, &kept).into_iter();
        losses.map(|loss| loss.to_string()).collect()
    };
    let main = "import shop.state\nimport shop.models\n";
    let old = flow("main.py", &[("main.py", main), ("shop/state.py", state)]);
    let moved = flow("main.py", &[("main.py", main), ("shop/models.py", state)]);
    insta::assert_snapshot!(losses(&old, &moved).join("\n"), @"step f.sum.stateful_batch: its state can contain objects of class `Cart`, which moves from shop/state.py to shop/models.py (to keep it, import the class in shop/state.py, too)");
    let both = flow(
        "main.py",
        &[
            ("main.py", main),
            ("shop/models.py", state),
            ("shop/state.py", "from shop.models import Cart\n"),
        ],
    );
    assert_eq!(losses(&old, &both), Vec::<String>::new());
}

#[test]
fn new_image_of_an_imported_flow_is_named() {
    let with = |tag: &str, code: &str| {
        let mut rendered = flow("entry.py", &[("entry.py", code)]);
        rendered.dataflow.spec.image.tag = tag.to_owned();
        rendered
    };
    let entry = "from shop_flows.orders import flow  # lives in the image\n";
    let why = flow_of_new_image(&with("1", entry), &with("2", entry));
    insta::assert_snapshot!(why.unwrap(), @"entry.py:1 takes the flow from `shop_flows.orders` of the image, and the new image is not run here");
    assert_eq!(
        flow_of_new_image(&with("1", entry), &with("1", entry)),
        None
    );
    let own = "flow = Dataflow('orders')\n";
    assert_eq!(flow_of_new_image(&with("1", own), &with("2", own)), None);
}
