//! Parses the API server's message about a missing permission.

use std::str::FromStr;

use crate::error::CommandError;

/// A request that RBAC denied: the user, the verb, the resource and the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    /// The user's name in the cluster.
    pub(crate) user: String,
    /// The verb, such as `list`.
    pub(crate) verb: String,
    /// The resource in the syntax of `kubectl create role --resource`: `dataflows.bytewax.io`, `pods/log`.
    pub(crate) resource: String,
    /// The namespace; `None` means the whole cluster.
    pub(crate) namespace: Option<String>,
}

/// The message does not have the form that Kubernetes' RBAC authorizer writes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotADenial;

impl FromStr for Denial {
    type Err = NotADenial;

    /// Parses `... User "U" cannot VERB resource "R" in API group "G" in the namespace "N"`, or `... at the cluster
    /// scope` in place of the namespace (`forbiddenMessage` in k8s.io/apiserver
    /// `pkg/endpoints/handlers/responsewriters/errors.go`).
    fn from_str(message: &str) -> Result<Self, NotADenial> {
        let after = |marker: &str| message.split_once(marker).map(|(_, rest)| rest);
        let quoted = |marker: &str| after(marker)?.split('"').next().map(str::to_owned);
        let read = || {
            let user = quoted("User \"")?;
            let verb = after("\" cannot ")?.split(' ').next()?.to_owned();
            let resource = quoted("resource \"")?;
            let group = quoted("in API group \"").unwrap_or_default();
            let (plural, below) = match resource.split_once('/') {
                Some((plural, below)) => (plural, format!("/{below}")),
                None => (resource.as_str(), String::new()),
            };
            let dot = if group.is_empty() { "" } else { "." };
            let resource = format!("{plural}{dot}{group}{below}");
            Some(Self {
                user,
                verb,
                resource,
                namespace: quoted("in the namespace \""),
            })
        };
        read().ok_or(NotADenial)
    }
}

impl Denial {
    /// Adds to `command` the missing permission and how an administrator can grant it.
    #[must_use]
    pub(crate) fn explain(&self, command: CommandError) -> CommandError {
        let Self {
            user,
            verb,
            resource,
            namespace,
        } = self;
        let (kind, scope, place) = match namespace {
            Some(namespace) => (
                "role",
                format!(" -n {namespace}"),
                format!(" in namespace `{namespace}`"),
            ),
            None => (
                "clusterrole",
                String::new(),
                " in the whole cluster".to_owned(),
            ),
        };
        let subject = match user.strip_prefix("system:serviceaccount:") {
            Some(account) => format!("--serviceaccount={account}"),
            None => format!("--user={user}"),
        };
        let name = format!(
            "waxctl-{verb}-{}",
            resource.split(['.', '/']).next().unwrap_or_default()
        );
        // `kubectl auth can-i` reads the part after a slash as the name of an object.
        let asked = resource.replacen('/', " --subresource=", 1);
        command
            .because(format!("user `{user}` is not allowed to {verb} `{resource}`{place}"))
            .hint(format!("kubectl auth can-i {verb} {asked}{scope}"))
            .hint(format!(
                "a cluster administrator can grant it: kubectl create {kind} {name} --verb={verb} --resource={resource}{scope} && kubectl create {kind}binding {name} --{kind}={name} {subject}{scope}"
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::namespaced(
        "dataflows.bytewax.io is forbidden: User \"ann\" cannot list resource \"dataflows\" in API group \"bytewax.io\" in the namespace \"prod\"",
        "ann list dataflows.bytewax.io Some(\"prod\")"
    )]
    #[case::cluster(
        "namespaces is forbidden: User \"system:serviceaccount:ci:bot\" cannot create resource \"namespaces\" in API group \"\" at the cluster scope",
        "system:serviceaccount:ci:bot create namespaces None"
    )]
    #[case::subresource(
        "pods \"orders-0\" is forbidden: User \"ann\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"prod\"",
        "ann get pods/log Some(\"prod\")"
    )]
    #[case::subresource_of_a_group(
        "dataflows.bytewax.io \"x\" is forbidden: User \"ann\" cannot patch resource \"dataflows/scale\" in API group \"bytewax.io\" in the namespace \"prod\"",
        "ann patch dataflows.bytewax.io/scale Some(\"prod\")"
    )]
    fn denial_message_is_parsed(#[case] message: &str, #[case] expected: &str) {
        let Denial {
            user,
            verb,
            resource,
            namespace,
        } = message.parse().unwrap();
        assert_eq!(format!("{user} {verb} {resource} {namespace:?}"), expected);
    }

    #[test]
    fn subresource_permission_uses_kubectl_syntax() {
        let message = "pods \"orders-0\" is forbidden: User \"ann\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"prod\"";
        let denial: Denial = message.parse().unwrap();
        let explained = denial.explain(CommandError::failure("no logs"));
        let explained = explained.hints.join("\n");
        let hint = "kubectl auth can-i get pods --subresource=log -n prod";
        assert!(explained.contains(hint), "{explained}");
    }

    #[test]
    fn other_message_is_no_denial() {
        assert_eq!(
            "pods is forbidden: quota exceeded".parse::<Denial>(),
            Err(NotADenial)
        );
    }
}
