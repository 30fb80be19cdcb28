//! Decides whether a version of a flow is code that the user has named, so that it may be loaded on this machine.
//!
//! A version can also contain what other people wrote: their files after a merge, their entry point, their variables.
//! `python -m bytewax.run` imports any module and calls any function that the entry point names, so an entry point is
//! code, too. Begin reading at [`refuse_foreign`].

use std::collections::BTreeSet;

use dataflow::code;
use dataflow::spec::EnvVar;
use thiserror::Error;

use crate::layout;
use crate::rendered::Rendered;
use crate::settings::FlowSettings;
use crate::source::Source;

/// Reason why a version of a flow is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
pub enum ForeignCode {
    /// The code is in a ConfigMap of another place.
    #[error("its code is not part of the source")]
    Elsewhere,
    /// The image has the code.
    #[error("its code is in the image, which is not run here")]
    InImage,
    /// Files of other people were merged into the code.
    #[error("changes of other people were merged into its code, which is not run here")]
    Merged,
    /// The entry point is in a module that the source does not contain.
    #[error("its entry point `{0}` is not in a file of the source")]
    Module(String),
    /// The entry point comes from another place than the source, and calls a function that its file does not define.
    #[error("its entry point `{0}` calls a function that its file does not define")]
    Call(String),
}

/// Variables that decide which programs, libraries and settings are used, and the beginnings of their names. Their values
/// are for the pods of a flow, also if the user has named them, not for this machine.
const NAMES: [&str; 8] = [
    "HOME",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "NODE_OPTIONS",
    "PATH",
    "RUBYLIB",
    "RUBYOPT",
    "_JAVA_OPTIONS",
];
const BEGINNINGS: [&str; 10] = [
    "BASH_", "DYLD_", "GCONV_", "GIT_", "GLIBC_", "LD_", "OPENSSL_", "PERL5", "PYTHON", "XDG_",
];

/// Returns an error unless the user has named the whole code of `new`, including its entry point.
///
/// # Errors
/// A part of the version comes from another place.
pub fn refuse_foreign(
    new: &Rendered,
    source: &Source,
    settings: &FlowSettings,
) -> Result<(), ForeignCode> {
    let entry = &new.dataflow.spec.python_file_name;
    if new.dataflow.spec.has_code_in_image() {
        return Err(ForeignCode::InImage);
    }
    if new.code.is_empty() {
        return Err(ForeignCode::Elsewhere);
    }
    if new.code != source.code {
        return Err(ForeignCode::Merged);
    }
    let (module, flow) = entry.split_once(':').unwrap_or((entry, ""));
    let Some(file) = file_of_module(source, module) else {
        return Err(ForeignCode::Module(entry.clone()));
    };
    let own = source
        .dataflow
        .as_ref()
        .map(|own| &own.spec.python_file_name);
    let named = settings.python_file.as_ref() == Some(entry) || own == Some(entry);
    match flow.split_once('(') {
        Some((function, _)) if !named && !defines(new, file, function.trim()) => {
            Err(ForeignCode::Call(entry.clone()))
        }
        Some(_) | None => Ok(()),
    }
}

/// The variables of a flow, by who wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Variables that the code gets on this machine.
    pub named: Vec<(String, String)>,
    /// Names of the variables that come from git, a cluster or another person.
    pub foreign: Vec<String>,
}

/// Returns the variables of a flow for loading it on this machine: those with the value that the user has named in this
/// call, by a setting or in the `dataflow.yaml` of the source.
#[must_use]
pub fn variables(flow: &[EnvVar], source: &Source, settings: &FlowSettings) -> Variables {
    let of_settings = settings.env.iter().map(|(name, value)| (name, value));
    let own = source.dataflow.iter().flat_map(|own| &own.spec.env);
    let of_source = own.map(|variable| (&variable.name, &variable.value));
    let named: BTreeSet<(&String, &String)> = of_settings.chain(of_source).collect();
    let loader = |name: &str| {
        NAMES.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start))
    };
    let mut variables = Variables::default();
    for EnvVar { name, value } in flow {
        if !named.contains(&(name, value)) {
            variables.foreign.push(name.clone());
        } else if !loader(name) {
            variables.named.push((name.clone(), value.clone()));
        }
    }
    variables
}

/// Returns the file of the source that contains a module, given as a path or dotted. It may be below a folder such as
/// `src` that the flow adds to its search path.
fn file_of_module<'a>(source: &'a Source, module: &str) -> Option<&'a String> {
    let module = module.trim_start_matches("./");
    let candidates = if module.ends_with(".py") {
        vec![module.to_owned()]
    } else {
        let path = module.replace('.', "/");
        vec![format!("{path}.py"), format!("{path}/__init__.py")]
    };
    source.files.iter().find(|file| {
        let mut ends = candidates
            .iter()
            .filter_map(|path| file.strip_suffix(path.as_str()));
        ends.any(|folder| folder.is_empty() || folder.ends_with('/'))
    })
}

/// Returns true if a file of the code defines a function at its top level.
fn defines(rendered: &Rendered, path: &str, function: &str) -> bool {
    let definition = format!("def {function}(");
    let in_text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().any(|line| line.starts_with(&definition))
    };
    let tar = rendered.dataflow.spec.tar_name.as_deref();
    match tar.and_then(|key| rendered.code.get(key)) {
        Some(tar) => code::unpack(tar)
            .into_iter()
            .flatten()
            .any(|file| file.path == path && in_text(&file.bytes)),
        None => layout::code_files(rendered).any(|(known, bytes)| known == path && in_text(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use dataflow::code::Code;
    use rstest::rstest;

    use super::*;
    use crate::render;

    const FLOW: &str = "from subprocess import getoutput\n\ndef get_flow(n):\n    return None\n";

    fn source() -> Source {
        let mut source = Source {
            path: Path::new("flows").to_owned(),
            ..Source::default()
        };
        for (key, path) in [
            ("flow.py", "flow.py"),
            ("src..pkg..mod.py", "src/pkg/mod.py"),
        ] {
            source.code.insert(key, FLOW).unwrap();
            source.files.push(path.to_owned());
        }
        source
    }

    fn rendered(entry: &str) -> Rendered {
        let settings = FlowSettings {
            name: Some("orders".to_owned()),
            python_file: Some("flow.py".to_owned()),
            ..FlowSettings::default()
        };
        let mut rendered = render::render(&settings, &source()).unwrap();
        entry.clone_into(&mut rendered.dataflow.spec.python_file_name);
        rendered
    }

    #[rstest]
    #[case::file("flow.py", None)]
    #[case::name("flow.py:other", None)]
    #[case::own_function("flow.py:get_flow(5)", None)]
    #[case::module("pkg.mod:flow", None)]
    #[case::below_a_folder("src/pkg/mod.py", None)]
    #[case::library("subprocess:getoutput('id')", Some("is not in a file of the source"))]
    #[case::other_file("/tmp/evil.py", Some("is not in a file of the source"))]
    #[case::imported_function("flow.py:getoutput('id')", Some("calls a function"))]
    fn entry_point_from_git_must_be_in_source(#[case] entry: &str, #[case] refused: Option<&str>) {
        let found = refuse_foreign(&rendered(entry), &source(), &FlowSettings::default());
        let found = found.err().map(|error| error.to_string());
        assert_eq!(found.is_some(), refused.is_some(), "{found:?}");
        assert!(
            found
                .unwrap_or_default()
                .contains(refused.unwrap_or_default())
        );
    }

    #[test]
    fn function_that_the_user_names_may_be_imported() {
        let entry = "flow.py:getoutput('id')";
        let named = FlowSettings {
            python_file: Some(entry.to_owned()),
            ..FlowSettings::default()
        };
        assert_eq!(refuse_foreign(&rendered(entry), &source(), &named), Ok(()));
    }

    #[test]
    fn merged_or_missing_code_is_refused() {
        let mut merged = rendered("flow.py");
        merged.code.insert("helper.py", "theirs").unwrap();
        let settings = FlowSettings::default();
        let refused = refuse_foreign(&merged, &source(), &settings);
        assert_eq!(refused, Err(ForeignCode::Merged));
        merged.code = Code::new();
        let refused = refuse_foreign(&merged, &source(), &settings);
        assert_eq!(refused, Err(ForeignCode::Elsewhere));
        merged.dataflow.spec.code_in_image = Some(true);
        let refused = refuse_foreign(&merged, &source(), &settings);
        assert_eq!(refused, Err(ForeignCode::InImage));
    }

    fn variable(name: &str, value: &str) -> EnvVar {
        EnvVar {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn only_variables_that_the_user_named_are_passed() {
        let mut source = source();
        let mut own = rendered("flow.py").dataflow;
        own.spec.env = vec![variable("OF_SOURCE", "a"), variable("CHANGED", "a")];
        source.dataflow = Some(own);
        let settings = FlowSettings {
            env: vec![("OF_FLAG".to_owned(), "b".to_owned())],
            ..FlowSettings::default()
        };
        let merged = [
            variable("OF_SOURCE", "a"),
            variable("OF_FLAG", "b"),
            variable("CHANGED", "theirs"),
            variable("BROWSER", "theirs"),
        ];
        let expected = Variables {
            named: vec![
                ("OF_SOURCE".to_owned(), "a".to_owned()),
                ("OF_FLAG".to_owned(), "b".to_owned()),
            ],
            foreign: vec!["CHANGED".to_owned(), "BROWSER".to_owned()],
        };
        assert_eq!(variables(&merged, &source, &settings), expected);
    }

    #[rstest]
    #[case::bash("BASH_ENV", "MY_BASH_ENV")]
    #[case::dyld("DYLD_INSERT_LIBRARIES", "DYLDS")]
    #[case::gconv("GCONV_PATH", "GCONVS")]
    #[case::git("GIT_SSH_COMMAND", "GITHUB_REPOSITORY")]
    #[case::glibc("GLIBC_TUNABLES", "GLIBCS")]
    #[case::ld("LD_PRELOAD", "OLD_LD_PRELOAD")]
    #[case::openssl("OPENSSL_CONF", "MY_OPENSSL_CONF")]
    #[case::perl("PERL5OPT", "PERL")]
    #[case::python("PYTHONPATH", "MY_PYTHON")]
    #[case::xdg("XDG_CONFIG_HOME", "XDG")]
    #[case::home("HOME", "HOMES")]
    #[case::java("JAVA_TOOL_OPTIONS", "JAVA_HOME")]
    #[case::jdk("JDK_JAVA_OPTIONS", "JDK_HOME")]
    #[case::node("NODE_OPTIONS", "NODE_NAME")]
    #[case::path("PATH", "PATHS")]
    #[case::ruby("RUBYLIB", "RUBY")]
    #[case::ruby_options("RUBYOPT", "ENV")]
    #[case::old_java("_JAVA_OPTIONS", "LEVEL")]
    fn variables_of_loaders_are_left_out(#[case] loader: &str, #[case] harmless: &str) {
        let names = [loader, harmless];
        let env = names.map(|name| variable(name, "x"));
        let settings = FlowSettings {
            env: names.map(|name| (name.to_owned(), "x".to_owned())).to_vec(),
            ..FlowSettings::default()
        };
        let found = variables(&env, &Source::default(), &settings);
        assert_eq!(found.named, [(harmless.to_owned(), "x".to_owned())]);
        assert!(found.foreign.is_empty());
    }
}
