//! Leaves out the programs that the settings of a repository name: it is only read, and nobody has named it.

use super::error::Error;
use super::process::Git;

const FILTERS: [&str; 5] = ["config", "-z", "--show-scope", "--get-regexp", r"^filter\."];

/// Returns git without hooks, and without the filters that the repository itself defines. The filters of the user's own
/// settings stay. No git that is started here runs a file system monitor.
pub(super) fn without_programs(git: Git) -> Result<Git, Error> {
    let filters = git.ask(&FILTERS)?;
    let mut git = git.with_setting("core.hooksPath", "/dev/null");
    for filter in own_filters(&String::from_utf8_lossy(&filters.stdout)) {
        for (key, value) in [("clean", ""), ("process", ""), ("required", "false")] {
            git = git.with_setting(&format!("filter.{filter}.{key}"), value);
        }
    }
    Ok(git)
}

// Git prints SCOPE NUL NAME NEWLINE VALUE NUL.
fn own_filters(list: &str) -> Vec<&str> {
    let words: Vec<&str> = list.split('\0').collect();
    let mut filters: Vec<&str> = words
        .chunks_exact(2)
        .filter(|pair| pair[0] == "local" || pair[0] == "worktree")
        .filter_map(|pair| {
            let name = pair[1].lines().next()?.strip_prefix("filter.")?;
            Some(name.rsplit_once('.')?.0)
        })
        .collect();
    filters.dedup();
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_filters_of_the_repository_are_listed() {
        let list = "global\0filter.lfs.clean\ngit-lfs clean\0local\0filter.a.b.clean\nx\0\
                    local\0filter.a.b.required\0worktree\0filter.c.process\ny\0";
        assert_eq!(own_filters(list), ["a.b", "c"]);
        assert_eq!(own_filters(""), Vec::<&str>::new());
    }
}
