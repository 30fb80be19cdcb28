//! The identity of a repository: the same for each clone of one remote, however its URL is written.

use std::path::Path;

use super::error::Error;
use super::remote::Remote;
use super::repository::Repository;

impl Repository {
    /// Returns the address of the remote without user, scheme and ending; for a repository without a remote its folder.
    pub(crate) fn address(&self, remote: Option<&Remote>) -> Result<String, Error> {
        let name = match remote {
            Some(remote) => remote.name.as_str(),
            None => self.default_remote()?,
        };
        let mut url = self.config.url(name);
        if url.is_none() && self.may_know(name) {
            url = self.git.query(&["remote", "get-url", name])?;
        }
        if url.is_none() && self.scratch {
            // The remote of a cache is not in its configuration file.
            let key = format!("remote.{name}.url");
            url = self.git.query(&["config", "--get", key.as_str()])?;
        }
        let folder = self.worktree.as_deref().unwrap_or(&self.common_dir);
        Ok(match url {
            Some(url) => normalised(&url, folder),
            None => self.common_dir.display().to_string(),
        })
    }

    // Whether git may know a remote of which the configuration has no plain address. Old clones have a file for each.
    fn may_know(&self, remote: &str) -> bool {
        let files = ["remotes", "branches"].map(|folder| self.common_dir.join(folder).join(remote));
        self.config.remotes().contains(&remote) || files.iter().any(|file| file.exists())
    }
}

/// Returns one form for all forms of a URL. `folder` is where a relative path begins.
fn normalised(url: &str, folder: &Path) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scp_like = scheme.is_empty()
        && rest
            .split_once(':')
            .is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
    if scheme == "file" || (scheme.is_empty() && !scp_like) {
        let path = folder.join(rest);
        return path.canonicalize().unwrap_or(path).display().to_string();
    }
    let (host, path) = if scp_like {
        rest.split_once(':').unwrap_or((rest, ""))
    } else {
        rest.split_once('/').unwrap_or((rest, ""))
    };
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "https://ann:token@Git.example.com/shop/apps.git",
        "git.example.com/shop/apps"
    )]
    #[case("https://git.example.com/shop/apps/", "git.example.com/shop/apps")]
    #[case("git@git.example.com:shop/apps.git", "git.example.com/shop/apps")]
    #[case("ssh://git@git.example.com/shop/apps.git", "git.example.com/shop/apps")]
    #[case("/srv/git/apps.git", "/srv/git/apps.git")]
    #[case("file:///srv/git/apps.git", "/srv/git/apps.git")]
    #[case("apps.git", "/home/ann/apps.git")]
    fn forms_of_a_url_have_one_address(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(normalised(url, Path::new("/home/ann")), expected);
    }
}
